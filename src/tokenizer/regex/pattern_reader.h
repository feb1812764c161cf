// A cursor over the text of a pattern; it also reads the parts of the grammar that need no tree.
#pragma once

#include <string_view>

#include "tokenizer/regex/code_set.h"
#include "vetor/status.h"

namespace vetor::regex {

class PatternReader {
 public:
  /// REQUIRES: the pattern is valid UTF-8 and outlives the reader.
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  bool AtEnd() const { return at_ >= pattern_.size(); }
  bool AtBegin() const { return at_ == 0; }
  bool Sees(std::string_view words) const { return pattern_.substr(at_).starts_with(words); }
  bool Skip(std::string_view words);
  /// Takes the next code point. REQUIRES: !AtEnd().
  char32_t Next();

  /// Takes a decimal number of at most six digits, if one stands here.
  bool Number(uint32_t* number);
  /// Takes the hexadecimal number that stands here; it has one to eight digits, and at most `most`.
  bool HexNumber(size_t most, char32_t* number);
  /// Takes the text up to `end`, and passes over `end`.
  bool Until(char end, std::string_view* words);

  /// The UNIMPLEMENTED error "WHAT, at byte N".
  Status Unknown(std::string_view what) const;

 private:
  std::string_view pattern_;
  size_t at_ = 0;
};

/// The meaning of a backslash with the character after it: another character, or a set.
struct Escape {
  bool is_set = false;
  char32_t character = 0;
  CodeSet set;
};

/// Reads an escape from after its backslash on, but not an anchor.
enum class EscapePlace { kAlone, kInClass };
Result<Escape> ReadEscape(PatternReader* reader, EscapePlace place);

/// Reads a class from after its "[" on. `fold` says that (?i:) is in force.
Result<CodeSet> ReadClass(PatternReader* reader, bool fold);

/// Returns `set` with what Oniguruma takes for the same letters under (?i:): U+017F is an s, U+212A
/// a k. Errors: UNIMPLEMENTED for a set with letters that are not ASCII.
Result<CodeSet> FoldedSet(const CodeSet& set, const PatternReader& reader);

}  // namespace vetor::regex
