// The regular expressions that tokenizer files use, as hand-written matchers: a general engine
// (Oniguruma in the reference) costs eight times as much, and none at hand has the right Unicode
// version. An expression that is not here is refused with its text.
#pragma once

#include <optional>
#include <string_view>

namespace vetor {

/// Finds successive matches. Thread-safe.
class KnownRegex {
 public:
  struct Match {
    size_t begin;
    size_t end;
  };

  /// Null where the expression is not known.
  static std::optional<KnownRegex> Find(std::string_view pattern);

  /// GPT-2's, which the ByteLevel pre-tokenizer uses.
  static KnownRegex Gpt2();

  /// The next match at or after `at`; matches are never empty. `text` is one piece: look-ahead
  /// ends with it.
  std::optional<Match> Next(std::string_view text, size_t at) const;

  bool LeavesSingleSpaces() const;  ///< " {2,}".
  bool CutsBeforeWords() const;     ///< One of those that cut a text into words.

 private:
  using EndOfMatch = size_t (*)(std::string_view text, size_t at);
  explicit KnownRegex(EndOfMatch end_of_match) : end_of_match_(end_of_match) {}

  EndOfMatch end_of_match_;  // where a match that begins at `at` ends; `at`: there is none
};

}  // namespace vetor
