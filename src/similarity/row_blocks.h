// Rows sorted by block, so that the rows of a block are neighbours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vetor {

struct RowBlocks {
  struct Range {
    uint32_t block = 0;
    size_t begin = 0, end = 0;  ///< Positions in `order`.
  };
  std::vector<uint32_t> order;  ///< Row numbers by (block, row).
  std::vector<Range> ranges;    ///< One per block that occurs, ascending by block.

  std::span<const uint32_t> Rows(size_t begin, size_t end) const {
    return std::span(order).subspan(begin, end - begin);
  }
};

/// `block` is [rows], or empty: every row in block 0.
RowBlocks SortByBlock(std::span<const uint32_t> block, size_t rows);

}  // namespace vetor
