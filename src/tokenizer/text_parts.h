// Finds the places at which a long text may be cut so that its parts, one after the other, give the
// tokens of the whole. Memory then grows with a part, and text beyond max_length is not read.
#pragma once

#include <cstddef>
#include <string_view>

namespace vetor {

inline bool IsAsciiAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Where the first part of `text` ends: at or after `least` bytes, at a space between two ASCII
/// letters or digits. The space begins the next part. The text's size if there is no such place.
inline size_t FirstPartEnd(std::string_view text, size_t least) {
  size_t at = text.find(' ', least < 1 ? 1 : least);
  while (at != std::string_view::npos && at + 1 < text.size()) {
    if (text[at + 1] == ' ') {
      at = text.find_first_not_of(' ', at + 1);  // A run of spaces is not a place to cut.
      if (at == std::string_view::npos) break;
    } else if (IsAsciiAlphanumeric(text[at - 1]) && IsAsciiAlphanumeric(text[at + 1])) {
      return at;
    } else {
      ++at;
    }
    at = text.find(' ', at);
  }
  return text.size();
}

}  // namespace vetor
