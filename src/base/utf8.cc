#include "base/utf8.h"

#include <cstring>

namespace vetor {
namespace {

// Length of the well-formed sequence at `p`, or 0; `*bad` is then the length of the maximal
// subpart to replace (at least 1), as section 3.9 "U+FFFD Substitution of Maximal Subparts".
size_t SequenceLength(const unsigned char* p, size_t left, size_t* bad) {
  const unsigned char lead = p[0];
  *bad = 1;
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (size_t i = 1; i < length; ++i) {
    if (i >= left || p[i] < low || p[i] > high) {
      *bad = i;
      return 0;
    }
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

// Length of a sequence of two or three bytes whose lead allows any continuation; 0 for all else.
inline size_t CommonLength(const unsigned char* p, size_t left) {
  const unsigned char lead = p[0];
  if (lead >= 0xC2 && lead < 0xE0) return left > 1 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
  if (lead <= 0xE0 || lead >= 0xF0 || lead == 0xED || left < 3) return 0;
  return (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 ? 3 : 0;
}

}  // namespace

size_t FindInvalidUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const size_t n = text.size();
  size_t i = 0;
  while (i < n) {
    if (i + 8 <= n) {
      uint64_t word = 0;
      std::memcpy(&word, p + i, 8);
      if ((word & 0x8080808080808080ULL) == 0) {
        i += 8;
        continue;
      }
    }
    // Scripts come in runs, most of them of sequences that need no more than this look.
    while (i < n && p[i] >= 0x80) {
      size_t length = CommonLength(p + i, n - i);
      size_t bad = 0;
      if (length == 0) length = SequenceLength(p + i, n - i, &bad);
      if (length == 0) return i;
      i += length;
    }
    if (i < n) ++i;
  }
  return kValidUtf8;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  size_t i = 0;
  while (i < text.size()) {
    size_t bad = 0;
    const size_t length = SequenceLength(p + i, text.size() - i, &bad);
    if (length != 0) {
      out.append(text, i, length);
      i += length;
    } else {
      out += "\xEF\xBF\xBD";
      i += bad;
    }
  }
  return out;
}

void AppendUtf8(char32_t c, std::string* out) {
  char bytes[4];
  out->append(bytes, EncodeUtf8(c, bytes));
}

}  // namespace vetor
