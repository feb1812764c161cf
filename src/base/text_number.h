// Errors that name a text by its number in a call: "text 7: why", "text 7 has 900 tokens, ...".
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace vetor {

/// The parts of such a message.
struct TextError {
  size_t index = 0;  ///< 0-based.
  std::string rest;  ///< "why", "the text has 900 tokens, ...".
};

/// Unset for a message that names no text.
std::optional<TextError> TakeTextError(const std::string& message);

}  // namespace vetor
