// The regular expressions that tokenizer files use most, as hand-written matchers: they cost a
// fraction of what the engine for the others (regex/regex.h) costs.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/regex/regex.h"

namespace vetor {

/// Finds successive matches. Thread-safe.
class KnownRegex {
 public:
  /// The expressions that are known.
  static const std::vector<std::string_view>& Patterns();

  /// Null if the expression is not known.
  static std::optional<KnownRegex> Find(std::string_view pattern);

  /// GPT-2's, which the ByteLevel pre-tokenizer uses.
  static KnownRegex Gpt2();

  /// The next match at or after `at`; matches are never empty. `text` is one piece: look-ahead
  /// ends with it.
  std::optional<regex::Match> Next(std::string_view text, size_t at) const;

  bool LeavesSingleSpaces() const;  ///< " {2,}".
  bool CutsBeforeWords() const;     ///< One of those that cut a text into words.

 private:
  using EndOfMatch = size_t (*)(std::string_view text, size_t at);
  explicit KnownRegex(EndOfMatch end_of_match) : end_of_match_(end_of_match) {}

  EndOfMatch end_of_match_;  // the end of a match that begins at `at`; `at` if there is none
};

}  // namespace vetor
