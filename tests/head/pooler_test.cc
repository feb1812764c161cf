#include "head/pooler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace vetor {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TokenBatch BatchOf(const std::vector<uint32_t>& lengths) {
  TokenBatch batch;
  batch.row_begin = {0};
  for (const uint32_t length : lengths) batch.row_begin.push_back(batch.row_begin.back() + length);
  batch.token_ids.assign(batch.row_begin.back(), 7);
  return batch;
}

std::vector<float> RandomFloats(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// One vector per token, with `width` components each.
BackendOutput Tokens(std::span<const float> values, size_t width) { return {values, width}; }

BackendOutput Texts(std::span<const float> values, size_t width) {
  return {values, width, OutputAxis::kTexts};
}

PoolingSpec AllModes(bool normalize) {
  PoolingSpec spec;
  spec.modes = {PoolingMode::kCls,         PoolingMode::kMax,          PoolingMode::kMean,
                PoolingMode::kMeanSqrtLen, PoolingMode::kWeightedMean, PoolingMode::kLastToken};
  spec.normalize = normalize;
  return spec;
}

PoolingSpec Raw(PoolingMode mode) {
  PoolingSpec spec;
  spec.modes = {mode};
  spec.normalize = false;
  return spec;
}

TEST(PoolerTest, BatchMatesDoNotChangeABit) {
  constexpr size_t kWidth = 37;  // It is not a multiple of any vector width.
  const std::vector<uint32_t> lengths = {1, 19, 2, 512, 3, 64};
  const TokenBatch batch = BatchOf(lengths);
  const std::vector<float> tokens = RandomFloats(batch.tokens() * kWidth, 1);
  PoolingSpec spec = AllModes(true);
  spec.dense = {{6 * kWidth, 29, RandomFloats(6 * kWidth * 29, 2), RandomFloats(29, 3),
                 DenseActivation::kTanh}};
  const auto pooler = Pooler::Create(spec, kWidth);
  ASSERT_TRUE(pooler.ok()) << pooler.status().ToString();
  std::vector<float> together(lengths.size() * pooler->dim());
  ASSERT_TRUE(pooler->Finish(batch, Tokens(tokens, kWidth), together).ok());
  for (size_t r = 0; r < lengths.size(); ++r) {
    std::vector<float> alone(pooler->dim());
    const auto row = std::span(tokens).subspan(batch.row_begin[r] * kWidth, lengths[r] * kWidth);
    ASSERT_TRUE(pooler->Finish(BatchOf({lengths[r]}), Tokens(row, kWidth), alone).ok());
    EXPECT_EQ(0, std::memcmp(alone.data(), together.data() + r * pooler->dim(),
                             alone.size() * sizeof(float)))
        << "row " << r;
  }
}

TEST(PoolerTest, NormalisedVectorsHaveLengthOneAlsoAfterTheCut) {
  constexpr size_t kWidth = 48;
  const TokenBatch batch = BatchOf({5, 9});
  std::vector<float> tokens = RandomFloats(batch.tokens() * kWidth, 4);
  PoolingSpec spec;
  spec.dim = 16;
  const auto pooler = Pooler::Create(spec, kWidth);
  ASSERT_EQ(pooler->dim(), 16U);
  std::vector<float> cut(2 * 16);
  ASSERT_TRUE(pooler->Finish(batch, Tokens(tokens, kWidth), cut).ok());
  const auto whole_pooler = Pooler::Create(PoolingSpec(), kWidth);
  std::vector<float> whole(2 * kWidth);
  ASSERT_TRUE(whole_pooler->Finish(batch, Tokens(tokens, kWidth), whole).ok());
  for (size_t r = 0; r < 2; ++r) {
    double squares = 0;
    double kept = 0;
    for (size_t i = 0; i < 16; ++i) {
      squares += std::pow(double{cut[r * 16 + i]}, 2);
      kept += std::pow(double{whole[r * kWidth + i]}, 2);
    }
    EXPECT_NEAR(squares, 1.0, 1e-6);
    for (size_t i = 0; i < 16; ++i) {
      EXPECT_NEAR(cut[r * 16 + i], whole[r * kWidth + i] / std::sqrt(kept), 1e-6);
    }
  }
}

TEST(PoolerTest, OneTokenIsItsOwnMeanMaxFirstAndLast) {
  const std::vector<float> token = {0.5F, -2.0F, 3.0F};
  for (const PoolingMode mode : AllModes(false).modes) {
    std::vector<float> out(3);
    const auto pooler = Pooler::Create(Raw(mode), 3);
    ASSERT_TRUE(pooler->Finish(BatchOf({1}), Tokens(token, 3), out).ok());
    EXPECT_EQ(out, token) << DescribePoolingModes({&mode, 1});
  }
}

TEST(PoolerTest, AMaximumOfNegativesIsNegative) {
  std::vector<float> out(2);
  const auto pooler = Pooler::Create(Raw(PoolingMode::kMax), 2);
  ASSERT_TRUE(
      pooler->Finish(BatchOf({2}), Tokens(std::vector{-3.0F, -1.0F, -2.0F, -5.0F}, 2), out).ok());
  EXPECT_THAT(out, ElementsAre(-2.0F, -1.0F));
}

TEST(PoolerTest, PromptTokensCountUnlessTheModelSaysNot) {
  const std::vector<float> tokens = {100, 200, 2, 4};
  TokenBatch batch = BatchOf({4});
  batch.prompt_tokens = {2};
  PoolingSpec spec = Raw(PoolingMode::kMean);
  std::vector<float> out(1);
  ASSERT_TRUE(Pooler::Create(spec, 1)->Finish(batch, Tokens(tokens, 1), out).ok());
  EXPECT_EQ(out[0], 76.5F);
  spec.include_prompt = false;
  ASSERT_TRUE(Pooler::Create(spec, 1)->Finish(batch, Tokens(tokens, 1), out).ok());
  EXPECT_EQ(out[0], 3.0F);
}

TEST(PoolerTest, ARowWithoutCountedTokensAndAZeroVectorAreZeros) {
  TokenBatch batch = BatchOf({2, 2});
  batch.prompt_tokens = {2, 0};
  PoolingSpec spec = AllModes(true);
  spec.include_prompt = false;
  const std::vector<float> tokens = {5, 5, 0, 0};
  std::vector<float> out(2 * 6, -1.0F);
  ASSERT_TRUE(Pooler::Create(spec, 1)->Finish(batch, Tokens(tokens, 1), out).ok());
  EXPECT_THAT(out, Each(0.0F));
}

TEST(PoolerTest, TinyVectorsAreDividedByTheEpsilonOfTorch) {
  std::vector<float> out(1);
  PoolingSpec spec;
  ASSERT_TRUE(
      Pooler::Create(spec, 1)->Finish(BatchOf({1}), Tokens(std::vector{1e-13F}, 1), out).ok());
  EXPECT_NEAR(out[0], 0.1, 1e-6);
}

TEST(PoolerTest, HugeFiniteVectorsNormalise) {
  const float huge = 3e38F;
  std::vector<float> out(2);
  ASSERT_TRUE(Pooler::Create(PoolingSpec(), 2)
                  ->Finish(BatchOf({2}), Tokens(std::vector{huge, huge, huge, huge}, 2), out)
                  .ok());
  EXPECT_THAT(out, Each(::testing::FloatNear(0.70710678F, 1e-6F)));
}

// docs/faults.md, row 24.
TEST(PoolerTest, Row24NanAndInfinityNameTheRow) {
  for (const PoolingMode mode : AllModes(true).modes) {
    for (const float bad : {kNan, kInf, -kInf}) {
      SCOPED_TRACE(DescribePoolingModes({&mode, 1}) + " " + std::to_string(bad));
      PoolingSpec spec;
      spec.modes = {mode};
      // In component 1, all tokens of row 1 are bad, so that every mode must meet them.
      const std::vector<float> tokens = {1, 2, 3, bad, 4, bad, 5, 6};
      std::vector<float> out(3 * 2);
      const Status status =
          Pooler::Create(spec, 2)->Finish(BatchOf({1, 2, 1}), Tokens(tokens, 2), out);
      EXPECT_EQ(status.code(), StatusCode::kInternal);
      EXPECT_THAT(status.message(), HasSubstr("row 1: component 1"));
    }
  }
}

TEST(PoolerTest, Row24ANanAnywhereSurvivesTheMaximum) {
  for (const std::vector<float>& tokens :
       {std::vector{kNan, 1.0F, 2.0F}, std::vector{1.0F, kNan, 2.0F}, {1.0F, 2.0F, kNan}}) {
    std::vector<float> out(1);
    EXPECT_FALSE(Pooler::Create(Raw(PoolingMode::kMax), 1)
                     ->Finish(BatchOf({3}), Tokens(tokens, 1), out)
                     .ok());
  }
}

TEST(PoolerTest, Row24AnOverflowingSumIsNotWrittenAsInfinity) {
  std::vector<float> out(1);
  const Status status = Pooler::Create(Raw(PoolingMode::kMeanSqrtLen), 1)
                            ->Finish(BatchOf({2}), Tokens(std::vector{3e38F, 3e38F}, 1), out);
  EXPECT_EQ(status.code(), StatusCode::kInternal);
}

TEST(PoolerTest, TextVectorsAreOnlyCutAndNormalised) {
  PoolingSpec spec = AllModes(true);  // Modes and Dense layers do not apply to finished vectors.
  spec.dense = {{99, 1, std::vector<float>(99), {}, DenseActivation::kTanh}};
  spec.dim = 2;
  const auto pooler = Pooler::Create(spec, 3, OutputAxis::kTexts);
  ASSERT_TRUE(pooler.ok()) << pooler.status().ToString();
  std::vector<float> out(4);
  const TokenBatch two = BatchOf({2, 5});
  const std::vector<float> texts = {3, 4, 9, 0, 0, 1};
  ASSERT_TRUE(pooler->Finish(two, Texts(texts, 3), out).ok());
  EXPECT_THAT(out, ElementsAre(0.6F, 0.8F, 0.0F, 0.0F));
  const std::vector<float> bad = {3, 4, 9, 0, 0, kNan};
  EXPECT_THAT(pooler->Finish(two, Texts(bad, 3), out).message(), HasSubstr("row 1: component 2"));
}

TEST(PoolerTest, WhatDoesNotFitIsRefusedWithExpectedAndFound) {
  PoolingSpec too_wide;
  too_wide.dim = 385;
  EXPECT_THAT(Pooler::Create(too_wide, 384).status().message(),
              ::testing::AllOf(HasSubstr("385"), HasSubstr("384")));
  EXPECT_FALSE(Pooler::Create(too_wide, 384, OutputAxis::kTexts).ok());
  EXPECT_TRUE(Pooler::Create(too_wide, 385, OutputAxis::kTexts).ok());

  PoolingSpec dense;
  dense.dense = {{768, 2, std::vector<float>(768 * 2), {}, DenseActivation::kTanh}};
  EXPECT_THAT(Pooler::Create(dense, 384).status().message(),
              ::testing::AllOf(HasSubstr("768"), HasSubstr("384")));
  dense.dense[0].in_features = 384;
  EXPECT_EQ(Pooler::Create(dense, 384).status().code(), StatusCode::kInvalidArgument);

  PoolingSpec none;
  none.modes.clear();
  EXPECT_FALSE(Pooler::Create(none, 384).ok());
  EXPECT_FALSE(Pooler::Create(PoolingSpec(), 0).ok());
}

TEST(PoolerTest, BuffersOfAnotherSizeAreRefused) {
  const auto pooler = Pooler::Create(PoolingSpec(), 4);
  std::vector<float> out(4);
  std::vector<float> short_out(3);
  const std::vector<float> tokens(8);
  const auto code = [](const Status& status) { return status.code(); };
  EXPECT_EQ(code(pooler->Finish(BatchOf({3}), Tokens(tokens, 4), out)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(pooler->Finish(BatchOf({2}), Tokens(tokens, 4), short_out)),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(pooler->Finish(BatchOf({4}), Tokens(tokens, 2), out)),
            StatusCode::kInvalidArgument)
      << "another width";
  EXPECT_EQ(code(pooler->Finish(BatchOf({2}), Texts(tokens, 4), out)), StatusCode::kInvalidArgument)
      << "another axis";
  EXPECT_TRUE(pooler->Finish(BatchOf({2}), Tokens(tokens, 4), out).ok());
  EXPECT_TRUE(pooler->Finish(TokenBatch(), Tokens({}, 4), {}).ok());
  const auto texts = Pooler::Create(PoolingSpec(), 4, OutputAxis::kTexts);
  EXPECT_FALSE(texts->Finish(BatchOf({1}), Texts(std::vector<float>(5), 4), out).ok());
  EXPECT_FALSE(texts->Finish(BatchOf({1}), Texts(tokens, 4), out).ok());
}

}  // namespace
}  // namespace vetor
