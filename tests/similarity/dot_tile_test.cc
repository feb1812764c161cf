#include "similarity/dot_tile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {
namespace {

constexpr size_t kScores = kTileQueries * kTileRows;

struct TileInput {
  size_t depth;
  std::vector<float> queries, rows;
};

TileInput DrawInput(size_t depth, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.05f);
  TileInput input{depth, std::vector<float>(depth * kTileQueries),
                  std::vector<float>(depth * kTileRows)};
  for (float& value : input.queries) value = normal(random);
  for (float& value : input.rows) value = normal(random);
  return input;
}

std::vector<float> Score(const DotKernel& kernel, const TileInput& input, float scale) {
  std::vector<float> scores(kScores, -7);
  kernel.run(input.queries.data(), input.rows.data(), input.depth, scale, scores.data());
  return scores;
}

TEST(DotTileTest, EveryKernelMatchesDoublePrecision) {
  for (const DotKernel& kernel : SupportedDotKernels()) {
    for (size_t depth : {1u, 2u, 31u, 384u, 1024u}) {
      const TileInput input = DrawInput(depth, static_cast<uint32_t>(depth));
      const std::vector<float> scores = Score(kernel, input, 0.5f);
      for (size_t q = 0; q < kTileQueries; ++q) {
        for (size_t r = 0; r < kTileRows; ++r) {
          double sum = 0;
          for (size_t k = 0; k < depth; ++k) {
            sum += double{input.queries[k * kTileQueries + q]} * input.rows[k * kTileRows + r];
          }
          ASSERT_NEAR(scores[q * kTileRows + r], 0.5 * sum, 1e-6)
              << kernel.name << " depth " << depth << " query " << q << " row " << r;
        }
      }
    }
  }
}

TEST(DotTileTest, ThePlaceInTheTileDoesNotMatter) {
  TileInput input = DrawInput(384, 3);
  for (size_t k = 0; k < input.depth; ++k) {
    std::fill_n(&input.queries[k * kTileQueries], kTileQueries, input.queries[k * kTileQueries]);
    std::fill_n(&input.rows[k * kTileRows], kTileRows, input.rows[k * kTileRows]);
  }
  for (const DotKernel& kernel : SupportedDotKernels()) {
    const std::vector<float> scores = Score(kernel, input, 1);
    EXPECT_EQ(scores, std::vector<float>(kScores, scores[0])) << kernel.name;
  }
}

TEST(DotTileTest, KernelsWithFusedMultiplyAddAgreeToTheBit) {
  std::vector<DotKernel> fused;
  for (const DotKernel& kernel : SupportedDotKernels()) {
    if (kernel.name != std::string_view("portable")) fused.push_back(kernel);
  }
  if (fused.size() < 2) GTEST_SKIP() << "this processor has fewer than two of them";
  const TileInput input = DrawInput(384, 4);
  EXPECT_EQ(Score(fused[0], input, 1), Score(fused[1], input, 1));
}

TEST(DotTileTest, ThePortableKernelIsAlwaysThereAndLast) {
  ASSERT_FALSE(SupportedDotKernels().empty());
  EXPECT_EQ(SupportedDotKernels().back().name, std::string("portable"));
}

}  // namespace
}  // namespace vetor
