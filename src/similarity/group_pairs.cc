#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "similarity/row_checks.h"
#include "vetor/similarity.h"

namespace vetor {
namespace {

// Union-find with path halving. A root is its group's smallest row, so that groups come out in
// order of their first row.
class DisjointRows {
 public:
  explicit DisjointRows(size_t rows) : parent_(rows) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }

  uint32_t Root(uint32_t row) {
    while (parent_[row] != row) {
      parent_[row] = parent_[parent_[row]];
      row = parent_[row];
    }
    return row;
  }

  void Join(uint32_t a, uint32_t b) {
    const auto [low, high] = std::minmax({Root(a), Root(b)});
    parent_[high] = low;
  }

 private:
  std::vector<uint32_t> parent_;
};

Status CheckPairs(std::span<const SimilarPair> pairs, size_t rows) {
  VETOR_RETURN_IF_ERROR(CheckRowCount(rows, "groups"));
  for (size_t i = 0; i < pairs.size(); ++i) {
    const uint32_t row = std::max(pairs[i].a, pairs[i].b);
    if (row >= rows) {
      return InvalidArgumentError(fmt::format(
          "pair {} names row {}; expected rows below {}, the number of rows given", i, row, rows));
    }
  }
  return Status();
}

std::vector<std::vector<uint32_t>> GroupChecked(std::span<const SimilarPair> pairs, size_t rows) {
  DisjointRows joined(rows);
  for (const SimilarPair& pair : pairs) joined.Join(pair.a, pair.b);
  std::vector<std::vector<uint32_t>> groups;
  std::vector<uint32_t> group_of(rows);  // meaningful if the row is the root of a larger group
  for (uint32_t row = 0; row < rows; ++row) {
    const uint32_t root = joined.Root(row);
    if (root == row) continue;
    if (group_of[root] == 0) {
      groups.push_back({root});
      group_of[root] = static_cast<uint32_t>(groups.size());
    }
    groups[group_of[root] - 1].push_back(row);
  }
  std::sort(groups.begin(), groups.end(),
            [](const auto& x, const auto& y) { return x.front() < y.front(); });
  return groups;
}

}  // namespace

Result<std::vector<std::vector<uint32_t>>> GroupPairs(std::span<const SimilarPair> pairs,
                                                      size_t rows) {
  VETOR_RETURN_IF_ERROR(CheckPairs(pairs, rows));
  return CatchExceptions(
      [&]() -> Result<std::vector<std::vector<uint32_t>>> { return GroupChecked(pairs, rows); });
}

}  // namespace vetor
