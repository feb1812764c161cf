// The "pattern" of Replace and Split: {"String": ...} or {"Regex": ...}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenizer/json_node.h"
#include "tokenizer/known_regex.h"

namespace vetor {

class TextPattern {
 public:
  /// Errors: INVALID_ARGUMENT; UNIMPLEMENTED with the text of a regex that is not known.
  static Result<TextPattern> Parse(const JsonNode& node);

  /// The next match at or after `at`; never empty.
  std::optional<KnownRegex::Match> Next(std::string_view text, size_t at) const;

  /// True where matches are runs of at least two spaces.
  bool LeavesSingleSpaces() const { return regex_ && regex_->LeavesSingleSpaces(); }
  /// True where every match ends before a space between two ASCII letters or digits, and the next
  /// begins there.
  bool CutsBeforeWords() const { return regex_ && regex_->CutsBeforeWords(); }

 private:
  std::string literal_;
  std::optional<KnownRegex> regex_;
};

}  // namespace vetor
