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

 private:
  std::string literal_;
  std::optional<KnownRegex> regex_;
};

}  // namespace vetor
