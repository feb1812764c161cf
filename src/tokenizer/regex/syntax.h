// A regular expression as a tree, and the function that parses a pattern into one.
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
    kSequence,     // all of `children` in order; without any, it matches the empty string
    kAlternation,  // one of `children`
    kCharacter,    // the code point `character`
    kSet,          // a code point of the set `set`
    kRepeat,       // repeats the only child
    kAtomic,       // (?>..) around the only child
    kLook,         // (?=..) or its kin around the only child
    kAnchor,
  };
  static constexpr uint32_t kNoMaximum = UINT32_MAX;

  Kind kind = Kind::kSequence;
  Greed greed = Greed::kGreedy;
  Anchor anchor = Anchor::kLineBegin;
  bool negative = false;  // for kLook
  bool behind = false;    // for kLook
  char folded = 0;        // for kSet: the small letter that it is under (?i:)
  char32_t character = 0;
  uint32_t set = 0;  // for kSet: its place in Syntax::sets
  uint32_t min = 0;  // for kRepeat
  uint32_t max = 0;
  std::vector<Node> children;
};

struct Syntax {
  Node root;
  std::vector<CodeSet> sets;  // all different
};

/// Reads the subset of Oniguruma's Ruby syntax that regex.h describes. Errors: UNIMPLEMENTED names
/// the part that is not known, and its byte.
Result<Syntax> ParsePattern(std::string_view pattern);

}  // namespace vetor::regex
