// A table that says in which classes of a pattern each code point is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizer/regex/code_set.h"

namespace vetor::regex {

/// The classes of a code point, one bit for each.
class ClassTable {
 public:
  static constexpr size_t kMostClasses = 64;

  ClassTable() = default;
  /// Returns false if the classes cut Unicode into more than 256 parts.
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
  std::vector<uint64_t> masks_;   // the classes of each part
  std::vector<uint16_t> blocks_;  // one per kBlock code points: the block's place in parts_
  std::vector<uint8_t> parts_;
  int last_whole_part_ = -1;  // while the table is built: the part that fills the whole last block
};

}  // namespace vetor::regex
