#include "similarity/row_blocks.h"

#include <algorithm>
#include <numeric>

namespace vetor {

RowBlocks SortByBlock(std::span<const uint32_t> block, size_t rows) {
  RowBlocks sorted;
  sorted.order.resize(rows);
  std::iota(sorted.order.begin(), sorted.order.end(), 0u);
  if (rows == 0) return sorted;
  if (block.empty()) {
    sorted.ranges.push_back({0, 0, rows});
    return sorted;
  }
  std::stable_sort(sorted.order.begin(), sorted.order.end(),
                   [&](uint32_t a, uint32_t b) { return block[a] < block[b]; });
  for (size_t begin = 0; begin < rows;) {
    const uint32_t value = block[sorted.order[begin]];
    size_t end = begin + 1;
    while (end < rows && block[sorted.order[end]] == value) ++end;
    sorted.ranges.push_back({value, begin, end});
    begin = end;
  }
  return sorted;
}

}  // namespace vetor
