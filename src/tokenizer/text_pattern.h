// The "pattern" of Replace and Split: {"String": ...} or {"Regex": ...}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenizer/json_node.h"
#include "tokenizer/known_regex.h"
#include "tokenizer/regex/regex.h"

namespace vetor {

class TextPattern {
 public:
  /// Errors: INVALID_ARGUMENT; UNIMPLEMENTED, with its text, for a regex that neither known_regex.h
  /// nor regex/regex.h can match.
  static Result<TextPattern> Parse(const JsonNode& node);

  /// True if every match is a run of at least two spaces.
  bool LeavesSingleSpaces() const { return known_ && known_->LeavesSingleSpaces(); }
  /// True if every match ends before a space between two ASCII letters or digits, and the next
  /// begins there.
  bool CutsBeforeWords() const { return known_ && known_->CutsBeforeWords(); }

 private:
  friend class PatternScanner;

  std::string literal_;
  std::optional<KnownRegex> known_;
  std::optional<regex::Regex> regex_;
};

/// Finds the successive matches of a pattern in one text. Not thread-safe.
class PatternScanner {
 public:
  /// REQUIRES: `text` is valid UTF-8. Both must outlive the scanner.
  PatternScanner(const TextPattern& pattern, std::string_view text)
      : pattern_(pattern), text_(text) {
    if (pattern.regex_) scanner_.emplace(*pattern.regex_, text);
  }

  /// The next match. It may be empty, but not at the end of the last one.
  std::optional<regex::Match> Next();

  /// Says why there are no more matches: OK at the end of the text, otherwise RESOURCE_EXHAUSTED;
  /// then the matches that were found are not all (regex/regex.h).
  Status status() const { return scanner_ ? scanner_->status() : Status(); }

 private:
  const TextPattern& pattern_;
  std::string_view text_;
  size_t at_ = 0;
  std::optional<regex::Scanner> scanner_;
};

}  // namespace vetor
