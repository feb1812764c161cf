#include "formats/tensor_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TensorView View(WeightType type, std::vector<uint64_t> shape, std::string_view bytes) {
  return {"w", type, std::move(shape), bytes};
}

// Compares each of the 65,536 patterns with the definition of binary16, computed in double.
TEST(ToFloats, HalvesAreExactForEveryPattern) {
  std::vector<uint16_t> halves(1 << 16);
  std::iota(halves.begin(), halves.end(), uint16_t{0});
  const auto floats = ToFloats(
      View(WeightType::kFloat16, {halves.size()},
           {reinterpret_cast<const char*>(halves.data()), halves.size() * sizeof halves[0]}));
  ASSERT_EQ(floats.size(), halves.size());
  for (size_t i = 0; i < halves.size(); ++i) {
    const int exponent = static_cast<int>(i >> 10 & 31);
    const double mantissa = static_cast<double>(i & 1023);
    const double sign = (i & 0x8000) != 0 ? -1 : 1;
    ASSERT_EQ(std::signbit(floats[i]), sign < 0) << i;
    if (exponent == 31) {
      ASSERT_EQ(std::isnan(floats[i]), mantissa != 0) << i;
      ASSERT_EQ(std::isinf(floats[i]), mantissa == 0) << i;
      ASSERT_EQ(std::bit_cast<uint32_t>(floats[i]) >> 13 & 1023, i & 1023) << i;
    } else {
      const double expected =
          exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
      ASSERT_EQ(static_cast<double>(floats[i]), sign * expected) << i;
    }
  }
}

TEST(ToFloats, BFloat16IsTheUpperHalf) {
  std::vector<uint16_t> stored(1 << 16);
  std::iota(stored.begin(), stored.end(), uint16_t{0});
  const auto floats = ToFloats(
      View(WeightType::kBFloat16, {stored.size()},
           {reinterpret_cast<const char*>(stored.data()), stored.size() * sizeof stored[0]}));
  for (size_t i = 0; i < stored.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(floats[i]), static_cast<uint32_t>(i) << 16);
  }
}

TEST(ToFloats, DoublesRoundToNearest) {
  const double values[] = {0.1, -0.0, 1e300, 1e-46, 5e-46, 1 + 0x1p-24, 1 + 0x1.8p-23};
  char shifted[sizeof values + 1];  // A window need not be aligned.
  std::memcpy(shifted + 1, values, sizeof values);
  const auto floats = ToFloats(View(WeightType::kFloat64, {7}, {shifted + 1, sizeof values}));
  EXPECT_THAT(floats, ElementsAre(0.1F, -0.0F, HUGE_VALF, 0.0F, 0.0F, 1.0F, 1 + 0x1p-22F));
  EXPECT_TRUE(std::signbit(floats[1]));
}

TEST(ToFloats, PiecesAreTheSameAsTheWhole) {
  std::vector<float> values(100);
  std::iota(values.begin(), values.end(), 0.5F);
  const TensorView view =
      View(WeightType::kFloat32, {10, 10}, {reinterpret_cast<const char*>(values.data()), 400});
  EXPECT_EQ(view.elements(), 100U);
  EXPECT_EQ(ToFloats(view), values);
  std::vector<float> piece(3);
  ToFloats(view, 97, piece);
  EXPECT_THAT(piece, ElementsAre(97.5F, 98.5F, 99.5F));
}

TEST(Rows, AreAWindowOnTheFirstAxis) {
  const float values[] = {0, 1, 2, 3, 4, 5};
  const TensorView view =
      View(WeightType::kFloat32, {3, 2}, {reinterpret_cast<const char*>(values), sizeof values});
  const auto rows = Rows(view, 1, 3);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_THAT(rows->shape, ElementsAre(2, 2));
  EXPECT_THAT(ToFloats(*rows), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(rows->bytes.data(), view.bytes.data() + 8);  // The rows are not copied.
  EXPECT_TRUE(Rows(view, 3, 3)->empty());
  EXPECT_EQ(Rows(view, 0, 4).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Rows(view, 2, 1).status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Rows(view, 0, 4).status().message(), HasSubstr("\"w\""));
  EXPECT_FALSE(Rows(View(WeightType::kFloat32, {}, view.bytes.substr(0, 4)), 0, 1).ok());
}

}  // namespace
}  // namespace vetor
