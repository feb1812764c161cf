// Text as scikit-learn's default analyzer sees it: str.lower(), then the words of the regular
// expression (?u)\b\w\w+\b, that is every longest run of at least two word characters. Characters
// are those of Python 3.11 (Unicode 14.0); a later Python differs in characters assigned since.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace vetor {

/// What Python knows of one character. A number that is not a character does not belong to a word.
struct PythonCharacter {
  char32_t lower;  ///< Its lower case, for all but U+0130 (two characters) and U+03A3 (context).
  bool word;       ///< \w holds for the lower case.
  bool cased;      ///< Is cased: decides whether a sigma beside it is at the end of a word.
  bool ignorable;  ///< Is ignored between a cased character and the sigma.
};

/// Two-stage tables over all code points, expanded from ranges once per process (1.4 ms).
/// Immutable, so safe from any thread.
class PythonCharacters {
 public:
  static const PythonCharacters& Get();

  PythonCharacter operator[](char32_t c) const {
    const int32_t record = records_[blocks_[c >> kBlockBits] + (c & kBlockMask)];
    return {c + static_cast<char32_t>(record >> kFlagBits), (record & kWord) != 0,
            (record & kCased) != 0, (record & kIgnorable) != 0};
  }

 private:
  static constexpr int kBlockBits = 7;
  static constexpr char32_t kBlockMask = (1U << kBlockBits) - 1;
  static constexpr int kFlagBits = 3;
  static constexpr int32_t kWord = 1;
  static constexpr int32_t kCased = 2;
  static constexpr int32_t kIgnorable = 4;

  PythonCharacters();

  std::vector<uint32_t> blocks_;  // [code points / block] start of the block in records_.
  std::vector<int32_t> records_;  // Distance to the lower case << kFlagBits | flags.
};

/// DecodeUtf8 (base/utf8.h) for bytes that may be truncated or invalid. For such bytes it gives
/// some number below 2^21, but it reads nothing outside `text` and moves on by at least a byte, at
/// most to the end. REQUIRES: *offset < text.size().
inline char32_t DecodeAnyUtf8(std::string_view text, size_t* offset) {
  constexpr size_t kLongest = 4;
  const size_t left = text.size() - *offset;
  if (left >= kLongest) return DecodeUtf8(text, offset);
  char padded[kLongest] = {};
  std::memcpy(padded, text.data() + *offset, left);
  size_t size = 0;
  const char32_t c = DecodeUtf8({padded, kLongest}, &size);
  *offset += std::min(size, left);
  return c;
}

/// The lower case of the capital sigma (U+03A3) at byte `offset` of `text`: the final form if a
/// word ends there (Unicode 14.0, section 3.13, Final_Sigma). Looks at the characters around it as
/// far as the first that is not ignorable.
char32_t LowerSigma(const PythonCharacters& characters, std::string_view text, size_t offset);

}  // namespace vetor
