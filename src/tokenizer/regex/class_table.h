// One table with the classes of a pattern that each code point is in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizer/regex/code_set.h"

namespace vetor::regex {

/// In which classes a code point is, one bit for each.
class ClassTable {
 public:
  static constexpr size_t kMostClasses = 64;

  ClassTable() = default;
  /// False: the classes cut Unicode into more than 256 parts.
  bool Build(const std::vector<CodeSet>& classes);

  uint64_t OfAscii(unsigned char c) const { return ascii_[c]; }
  uint64_t Of(char32_t c) const {
    return masks_[parts_[blocks_[c / kBlock] * kBlock + c % kBlock]];
  }

 private:
  static constexpr size_t kBlock = 128;

  bool FindPart(uint64_t mask, uint8_t* part);
  void Fill(size_t begin, size_t end, uint8_t part);

  std::array<uint64_t, 128> ascii_{};
  std::vector<uint64_t> masks_;   // of the parts
  std::vector<uint16_t> blocks_;  // of kBlock code points each, in parts_
  std::vector<uint8_t> parts_;
  int last_whole_part_ = -1;  // while it is built: the part that the last block is all of
};

}  // namespace vetor::regex
