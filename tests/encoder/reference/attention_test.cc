#include "encoder/reference/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "random_encoder.h"

namespace vetor {
namespace {

TokenMatrix<double> Random(RandomTensors& tensors, size_t tokens, size_t features) {
  TokenMatrix<double> matrix(tokens, features);
  const std::vector<float> values = ToFloats(tensors.Make("x", {tokens, features}, 1));
  matrix.values.assign(values.begin(), values.end());
  return matrix;
}

AttentionWeights FourHeads() {
  AttentionWeights weights;
  weights.heads = weights.key_value_heads = 4;
  weights.head_dim = 8;
  weights.scale = 1 / std::sqrt(8.0);
  return weights;
}

TokenMatrix<double> Mix(Projections<double> projections, const AttentionWeights& weights) {
  const TextRange text{0, projections.query.tokens};
  return Attend(projections, std::span<const TextRange>(&text, 1), {&weights, nullptr, 1});
}

// The rows of `mixed` that change if the key and value of one token change.
std::vector<size_t> RowsThatSee(size_t token, const AttentionWeights& weights) {
  RandomTensors tensors(5);
  Projections<double> projections{Random(tensors, 9, 32), Random(tensors, 9, 32),
                                  Random(tensors, 9, 32)};
  const TokenMatrix<double> before = Mix(projections, weights);
  for (size_t i = 0; i < 32; ++i) projections.value.row(token)[i] += 1;
  const TokenMatrix<double> after = Mix(projections, weights);
  std::vector<size_t> rows;
  for (size_t i = 0; i < 9; ++i) {
    if (before.row(i)[0] != after.row(i)[0]) rows.push_back(i);
  }
  return rows;
}

TEST(AttentionTest, EveryTokenSeesAllWithoutLimits) {
  EXPECT_EQ(RowsThatSee(4, FourHeads()), (std::vector<size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(AttentionTest, CausalSeesNothingAhead) {
  AttentionWeights weights = FourHeads();
  weights.causal = true;
  EXPECT_EQ(RowsThatSee(4, weights), (std::vector<size_t>{4, 5, 6, 7, 8}));
}

TEST(AttentionTest, WindowCountsTokensToEitherSide) {
  AttentionWeights weights = FourHeads();
  weights.window = 2;
  EXPECT_EQ(RowsThatSee(4, weights), (std::vector<size_t>{2, 3, 4, 5, 6}));
  weights.causal = true;
  EXPECT_EQ(RowsThatSee(4, weights), (std::vector<size_t>{4, 5, 6}));
}

TEST(AttentionTest, SharedKeyHeadsEqualRepeatedOnes) {
  RandomTensors tensors(6);
  Projections<double> shared{Random(tensors, 7, 32), Random(tensors, 7, 16),
                             Random(tensors, 7, 16)};
  Projections<double> repeated{shared.query, TokenMatrix<double>(7, 32),
                               TokenMatrix<double>(7, 32)};
  for (size_t token = 0; token < 7; ++token) {
    for (size_t i = 0; i < 32; ++i) {
      const size_t source = i / 16 * 8 + i % 8;
      repeated.key.row(token)[i] = shared.key.row(token)[source];
      repeated.value.row(token)[i] = shared.value.row(token)[source];
    }
  }
  AttentionWeights weights = FourHeads();
  const TokenMatrix<double> expected = Mix(repeated, weights);
  weights.key_value_heads = 2;
  EXPECT_EQ(Mix(shared, weights).values, expected.values);
}

TEST(AttentionTest, RotationMakesScoresDependOnDistanceAlone) {
  RandomTensors tensors(7);
  AttentionWeights weights = FourHeads();
  weights.rotary = Rotary{10000, 8, {1, 0.1, 0.01, 0.001}, 1};
  weights.window = 1;
  // All positions have the same query and key, so rows with equal neighbourhoods must agree.
  const TokenMatrix<double> one = Random(tensors, 3, 32);
  Projections<double> projections{TokenMatrix<double>(9, 32), TokenMatrix<double>(9, 32),
                                  TokenMatrix<double>(9, 32)};
  for (size_t token = 0; token < 9; ++token) {
    for (size_t i = 0; i < 32; ++i) {
      projections.query.row(token)[i] = one.row(0)[i];
      projections.key.row(token)[i] = one.row(1)[i];
      projections.value.row(token)[i] = one.row(2)[i] * static_cast<double>(token % 3);
    }
  }
  const TokenMatrix<double> mixed = Mix(projections, weights);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_NEAR(mixed.row(1)[i], mixed.row(4)[i], 1e-12);
    EXPECT_NEAR(mixed.row(2)[i], mixed.row(5)[i], 1e-12);
  }
  EXPECT_GT(std::abs(mixed.row(1)[0] - mixed.row(2)[0]), 1e-3);
}

// The answers of transformers' MPNetEncoder.relative_position_bucket for 32 buckets and 128.
TEST(AttentionTest, RelativeBucketsAreThoseOfMpnet) {
  const std::vector<std::pair<int64_t, size_t>> expected = {
      {0, 0},    {-1, 1},   {-7, 7},   {-8, 8},   {-11, 8},   {-12, 9}, {-16, 10}, {-23, 11},
      {-32, 12}, {-64, 14}, {-90, 14}, {-91, 15}, {-500, 15}, {1, 17},  {7, 23},   {8, 24},
      {16, 26},  {31, 27},  {32, 28},  {64, 30},  {127, 31},  {511, 31}};
  for (const auto& [distance, bucket] : expected) {
    EXPECT_EQ(RelativeBucket(distance, 32, 128), bucket) << distance;
  }
}

}  // namespace
}  // namespace vetor
