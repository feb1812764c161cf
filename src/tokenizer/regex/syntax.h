// A regular expression as a tree, and how a pattern becomes one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/regex/code_set.h"
#include "vetor/status.h"

namespace vetor::regex {

enum class Greed : uint8_t { kGreedy, kLazy, kPossessive };

enum class Anchor : uint8_t {
  kLineBegin,       // ^
  kLineEnd,         // $
  kTextBegin,       // \A
  kTextEnd,         // \z
  kTextEndOrBreak,  // \Z
  kWordBoundary,    // \b
  kNoWordBoundary,  // \B
};

struct Node {
  enum class Kind : uint8_t {
    kSequence,     // of `children`; without any it matches the empty string
    kAlternation,  // of `children`
    kCharacter,    // `character`
    kSet,          // the set `set`
    kRepeat,       // the only child
    kAtomic,       // (?>..), the only child
    kLook,         // (?=..) and its kin, the only child
    kAnchor,
  };
  static constexpr uint32_t kNoMaximum = UINT32_MAX;

  Kind kind = Kind::kSequence;
  Greed greed = Greed::kGreedy;
  Anchor anchor = Anchor::kLineBegin;
  bool negative = false;  // kLook
  bool behind = false;    // kLook
  char folded = 0;        // kSet: the small letter that it is under (?i:)
  char32_t character = 0;
  uint32_t set = 0;  // place in Syntax::sets
  uint32_t min = 0;  // kRepeat
  uint32_t max = 0;
  std::vector<Node> children;
};

struct Syntax {
  Node root;
  std::vector<CodeSet> sets;  // no two alike
};

/// Reads the subset of Oniguruma's Ruby syntax that regex.h describes. Errors: UNIMPLEMENTED,
/// which names the part that is not known, and its byte.
Result<Syntax> ParsePattern(std::string_view pattern);

}  // namespace vetor::regex
