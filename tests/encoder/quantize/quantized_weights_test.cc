#include "encoder/quantize/quantized_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/encoder/reference/random_encoder.h"

namespace vetor {
namespace {

double Restored(const QuantizedLinear& linear, size_t k, size_t o) {
  return double{linear.scales[o]} * linear.values[k * linear.outputs + o];
}

TEST(QuantizeLinearTest, PacksPartsSideBySideWithOneScalePerColumn) {
  RandomTensors tensors(1);
  const LinearWeights first = tensors.Linear("first", 70, 9);
  LinearWeights second = tensors.Linear("second", 5, 9);
  second.bias = {};
  const std::array<const LinearWeights*, 2> parts = {&first, &second};
  const QuantizedLinear packed = QuantizeLinear(parts, {}, {127, 2});
  ASSERT_EQ(packed.inputs, 9u);
  ASSERT_EQ(packed.outputs, 75u);
  for (size_t o = 0; o < 75; ++o) {
    const LinearWeights& linear = o < 70 ? first : second;
    const size_t row = o < 70 ? o : o - 70;
    const std::vector<float> weights = ToFloats(*Rows(linear.weight, row, row + 1));
    float largest = 0;
    double sum = 0;
    for (size_t k = 0; k < 9; ++k) {
      largest = std::max(largest, std::abs(weights[k]));
      EXPECT_NEAR(Restored(packed, k, o), weights[k], packed.scales[o] * 0.5001);
      sum += Restored(packed, k, o);
    }
    EXPECT_FLOAT_EQ(packed.scales[o], largest / 127);
    EXPECT_NEAR(packed.column_sums[o], sum, 1e-5);
    EXPECT_EQ(packed.bias[o], o < 70 ? ToFloats(first.bias)[o] : 0.0F);
  }
}

TEST(QuantizeLinearTest, FewerLevelsForProcessorsThatSaturate) {
  RandomTensors tensors(2);
  const LinearWeights linear = tensors.Linear("linear", 8, 30);
  const std::array<const LinearWeights*, 1> parts = {&linear};
  const QuantizedLinear packed = QuantizeLinear(parts, {}, {63, 1});
  EXPECT_EQ(*std::max_element(packed.values.begin(), packed.values.end()), 63);
  EXPECT_GE(*std::min_element(packed.values.begin(), packed.values.end()), -63);
}

TEST(QuantizeLinearTest, SmoothingMultipliesTheWeights) {
  RandomTensors tensors(3);
  const LinearWeights linear = tensors.Linear("linear", 4, 6);
  const std::array<const LinearWeights*, 1> parts = {&linear};
  const std::vector<float> smoothing = {1, 2, 0.5F, 4, 1, 0.25F};
  const QuantizedLinear packed = QuantizeLinear(parts, {smoothing, {}, {}}, {});
  const std::vector<float> weights = ToFloats(linear.weight);
  for (size_t o = 0; o < 4; ++o) {
    for (size_t k = 0; k < 6; ++k) {
      EXPECT_NEAR(Restored(packed, k, o), weights[o * 6 + k] * smoothing[k],
                  packed.scales[o] * 0.5001);
    }
  }
}

// If the input is at its mean, the output is exact.
TEST(QuantizeLinearTest, TheBiasTakesTheMeanErrorOfTheRounding) {
  RandomTensors tensors(4);
  const LinearWeights linear = tensors.Linear("linear", 12, 20);
  const std::array<const LinearWeights*, 1> parts = {&linear};
  const std::vector<float> mean = ToFloats(tensors.Make("mean", {20}, 5));
  std::vector<float> smoothing(20, 2);
  smoothing[3] = 8;
  const QuantizedLinear plain = QuantizeLinear(parts, {smoothing, {}, {}}, {});
  const QuantizedLinear corrected = QuantizeLinear(parts, {smoothing, mean, {}}, {});
  const std::vector<float> weights = ToFloats(linear.weight);
  const std::vector<float> bias = ToFloats(linear.bias);
  double plain_error = 0;
  for (size_t o = 0; o < 12; ++o) {
    double expected = bias[o];
    double product = 0;
    for (size_t k = 0; k < 20; ++k) {
      expected += double{weights[o * 20 + k]} * double{mean[k]};
      product += Restored(corrected, k, o) * double{mean[k]} / double{smoothing[k]};
    }
    EXPECT_NEAR(product + double{corrected.bias[o]}, expected, 1e-5);
    plain_error = std::max(plain_error, std::abs(product + double{plain.bias[o]} - expected));
  }
  EXPECT_GT(plain_error, 1e-3);
}

// A column that is far larger than the others leaves them all 127 levels.
TEST(QuantizeLinearTest, ExactChannelsStayInFloat) {
  RandomTensors tensors(7);
  LinearWeights linear = tensors.Linear("linear", 3, 6);
  std::vector<float> weights = ToFloats(linear.weight);
  for (size_t o = 0; o < 3; ++o) weights[o * 6 + 4] = 100 + static_cast<float>(o);
  linear.weight = tensors.FromValues("outlier", {3, 6}, weights);
  const std::array<const LinearWeights*, 1> parts = {&linear};
  const std::vector<float> mean(6, 1);
  const QuantizedLinear packed = QuantizeLinear(parts, {{}, mean, {1, 4}}, {});
  for (size_t o = 0; o < 3; ++o) {
    EXPECT_EQ(packed.exact_weights[o], weights[o * 6 + 1]);
    EXPECT_EQ(packed.exact_weights[3 + o], weights[o * 6 + 4]);
    EXPECT_LT(packed.scales[o], 0.01F);
    for (size_t k = 0; k < 6; ++k) {
      const bool exact = k == 1 || k == 4;
      EXPECT_NEAR(Restored(packed, k, o), exact ? 0 : weights[o * 6 + k], 0.005);
    }
    EXPECT_NEAR(packed.bias[o], ToFloats(linear.bias)[o], 0.02);
  }
}

TEST(QuantizeLinearTest, RowsOfZerosStayZeros) {
  RandomTensors tensors(5);
  LinearWeights linear;
  linear.weight = tensors.FromValues("zeros", {2, 3}, {0, 0, 0, 1, -2, 3});
  const std::array<const LinearWeights*, 1> parts = {&linear};
  const QuantizedLinear packed = QuantizeLinear(parts, {}, {});
  EXPECT_EQ(packed.values, (std::vector<int8_t>{0, 42, 0, -85, 0, 127}));
  EXPECT_TRUE(std::isfinite(packed.scales[0]) && packed.scales[0] > 0);
}

TEST(QuantizeTableRowsTest, EachRowHasItsScale) {
  RandomTensors tensors(6);
  const TensorView table = tensors.Make("table", {50, 3}, 1);
  const QuantizedRows result = QuantizeTableRows(table, 20, 50);
  const std::vector<float> values = ToFloats(*Rows(table, 20, 50));
  ASSERT_EQ(result.scales.size(), 30u);
  for (size_t r = 0; r < 30; ++r) {
    float largest = 0;
    for (size_t i = 0; i < 3; ++i) largest = std::max(largest, std::abs(values[r * 3 + i]));
    EXPECT_FLOAT_EQ(result.scales[r], largest / 127);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(result.scales[r] * static_cast<float>(result.values[r * 3 + i]),
                  values[r * 3 + i], result.scales[r] * 0.5001F);
    }
  }
}

}  // namespace
}  // namespace vetor
