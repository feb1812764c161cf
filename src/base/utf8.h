// UTF-8 as defined by Unicode 15 section 3.9, table 3-7: no surrogates, no overlong forms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vetor {

inline constexpr size_t kValidUtf8 = static_cast<size_t>(-1);

/// The offset of the first byte that does not begin or continue a well-formed sequence, or
/// kValidUtf8. ASCII runs go at memory speed.
size_t FindInvalidUtf8(std::string_view text);

/// `text` with each maximal invalid part replaced by U+FFFD (as Python's errors="replace" and the
/// WHATWG decoder do).
std::string ReplaceInvalidUtf8(std::string_view text);

/// True for a byte that continues a sequence and does not begin one.
inline bool IsContinuationByte(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Decodes the code point at `*offset` of well-formed UTF-8 and moves past it.
/// REQUIRES: *offset < text.size(), text valid.
inline char32_t DecodeUtf8(std::string_view text, size_t* offset) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[*offset + i]); };
  const unsigned char lead = byte(0);
  char32_t c = lead;
  size_t length = 1;
  if (lead >= 0xF0) {
    c = (lead & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 | (byte(3) & 0x3FU);
    length = 4;
  } else if (lead >= 0xE0) {
    c = (lead & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
    length = 3;
  } else if (lead >= 0xC0) {
    c = (lead & 0x1FU) << 6 | (byte(1) & 0x3FU);
    length = 2;
  }
  *offset += length;
  return c;
}

/// Writes the UTF-8 form of a scalar value, 1 to 4 bytes, and returns their number.
/// REQUIRES: room for 4 bytes at `out`.
inline size_t EncodeUtf8(char32_t c, char* out) {
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  const auto rest = [c](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x800) {
    out[0] = static_cast<char>(0xC0 | c >> 6);
    out[1] = rest(0);
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xE0 | c >> 12);
    out[1] = rest(6);
    out[2] = rest(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | c >> 18);
  out[1] = rest(12);
  out[2] = rest(6);
  out[3] = rest(0);
  return 4;
}

/// Appends the UTF-8 form of a scalar value.
void AppendUtf8(char32_t code_point, std::string* out);

}  // namespace vetor
