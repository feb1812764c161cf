// Hand-written matchers for the regular expressions that tokenizer files use most. They cost a
// fraction of what the engine for all others (regex/regex.h) costs.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/regex/regex.h"

namespace vetor {

/// Finds successive matches. Thread-safe.
class KnownRegex {
 public:
  /// The expressions that have a matcher.
  static const std::vector<std::string_view>& Patterns();

  /// nullopt if the expression has no matcher.
  static std::optional<KnownRegex> Find(std::string_view pattern);

  /// GPT-2's expression, which the ByteLevel pre-tokenizer uses.
  static KnownRegex Gpt2();

  /// The next match at or after `at`; a match is never empty. `text` is one piece, and look-ahead
  /// ends with it.
  std::optional<regex::Match> Next(std::string_view text, size_t at) const;

  bool LeavesSingleSpaces() const;  ///< " {2,}".
  bool CutsBeforeWords() const;     ///< Whether the expression cuts a text into words.

 private:
  using EndOfMatch = size_t (*)(std::string_view text, size_t at);
  explicit KnownRegex(EndOfMatch end_of_match) : end_of_match_(end_of_match) {}

  // returns where a match that begins at `at` ends; `at` if there is no match
  EndOfMatch end_of_match_;
};

}  // namespace vetor
