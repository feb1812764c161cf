#include "encoder/quantize/smoothing.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "encoder/quantize/calibration_texts.h"
#include "tests/encoder/reference/random_encoder.h"

namespace vetor {
namespace {

TEST(SmoothingTest, BalancesTheLargestOfInputAndWeights) {
  RandomTensors tensors(1);
  LinearWeights first;
  first.weight = tensors.FromValues("first", {2, 3}, {1, -4, 0, 2, 1, 0});
  LinearWeights second;
  second.weight = tensors.FromValues("second", {1, 3}, {-9, 3, 0});
  const std::array<const LinearWeights*, 2> parts = {&first, &second};
  ChannelStatistics input;
  input.low = {-16, 0, -1};
  input.high = {2, 100, 1};
  const std::vector<float> half = SmoothingFactors(input, LargestWeights(parts), 0.5);
  EXPECT_FLOAT_EQ(half[0], std::sqrt(16.0F / 9));
  EXPECT_FLOAT_EQ(half[1], std::sqrt(100.0F / 4));
  EXPECT_FLOAT_EQ(half[2], std::sqrt(1.0F / 1e-5F));
  const std::vector<float> most = SmoothingFactors(input, LargestWeights(parts), 0.75);
  EXPECT_FLOAT_EQ(most[1], static_cast<float>(std::pow(100, 0.75) / std::pow(4, 0.25)));
}

TEST(SmoothingTest, OutliersByWhatTheyAddToTheOutput) {
  ChannelStatistics input;
  input.low = {-16, 0, -1, 0};
  input.high = {2, 100, 1, 3};
  const std::vector<float> weights = {9, 0.1F, 20, 48};
  EXPECT_EQ(OutlierChannels(input, weights, 2), (std::vector<size_t>{0, 3}));
  EXPECT_EQ(OutlierChannels(input, weights, 3), (std::vector<size_t>{0, 2, 3}));
  EXPECT_EQ(OutlierChannels(input, weights, 9).size(), 4u);
}

TEST(CalibrationTextsTest, AreSomeDozensAllDifferentAndNotEmpty) {
  const auto texts = CalibrationTexts();
  ASSERT_GE(texts.size(), 40u);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_GT(texts[i].size(), 20u);
    for (size_t j = 0; j < i; ++j) EXPECT_NE(texts[i], texts[j]);
  }
}

}  // namespace
}  // namespace vetor
