#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "vetor/similarity.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GroupPairsTest, NoPairsMakeNoGroups) {
  EXPECT_THAT(*GroupPairs({}, 0), IsEmpty());
  EXPECT_THAT(*GroupPairs({}, 5), IsEmpty());
}

TEST(GroupPairsTest, ChainsAreOneGroup) {
  const std::vector<SimilarPair> pairs = {{3, 4, 1}, {1, 5, 1}, {4, 6, 1}, {0, 6, 1}};
  EXPECT_THAT(*GroupPairs(pairs, 8), ElementsAre(ElementsAre(0, 3, 4, 6), ElementsAre(1, 5)));
}

TEST(GroupPairsTest, GroupsComeByTheirFirstRow) {
  // Row 1 is joined only with the last row, so its group is met last.
  const std::vector<SimilarPair> pairs = {{2, 3, 1}, {1, 9, 1}, {0, 8, 1}};
  EXPECT_THAT(*GroupPairs(pairs, 10),
              ElementsAre(ElementsAre(0, 8), ElementsAre(1, 9), ElementsAre(2, 3)));
}

// Spreads labels from row to row until nothing changes, which is slow and plain.
std::vector<std::vector<uint32_t>> ReferenceGroups(const std::vector<SimilarPair>& pairs,
                                                   size_t rows) {
  std::vector<uint32_t> label(rows);
  for (uint32_t row = 0; row < rows; ++row) label[row] = row;
  for (bool changed = true; changed;) {
    changed = false;
    for (const SimilarPair& pair : pairs) {
      const uint32_t low = std::min(label[pair.a], label[pair.b]);
      changed |= label[pair.a] != low || label[pair.b] != low;
      label[pair.a] = label[pair.b] = low;
    }
  }
  std::vector<std::vector<uint32_t>> groups(rows), big;
  for (uint32_t row = 0; row < rows; ++row) groups[label[row]].push_back(row);
  for (const auto& group : groups) {
    if (group.size() > 1) big.push_back(group);
  }
  return big;
}

TEST(GroupPairsTest, EqualsTheDefinitionOnRandomPairs) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const auto any = [&](uint32_t low, uint32_t high) {
      return std::uniform_int_distribution<uint32_t>(low, high)(random);
    };
    const uint32_t rows = any(2, 60);
    std::vector<SimilarPair> pairs(any(0, 60));
    for (SimilarPair& pair : pairs) {
      pair.b = any(1, rows - 1);
      pair.a = any(0, pair.b - 1);
    }
    ASSERT_EQ(*GroupPairs(pairs, rows), ReferenceGroups(pairs, rows)) << "round " << round;
  }
}

}  // namespace
}  // namespace vetor
