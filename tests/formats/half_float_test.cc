#include "formats/half_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "formats/float_formats.h"

namespace vetor {
namespace {

// Compares with the exact reading of halves: each finite half comes back, a number between two
// halves goes to the nearer one, and the middle goes to the even one.
TEST(FloatToHalfTest, RoundsToTheNearestEvenHalf) {
  const auto from_half = [](uint16_t half) {
    float value = 0;
    ReadFloats(FloatFormat::kFloat16, {reinterpret_cast<const char*>(&half), 2}, {&value, 1});
    return value;
  };
  for (uint32_t half = 0; half < 0x7BFFU; ++half) {
    const auto low = static_cast<uint16_t>(half);
    const auto high = static_cast<uint16_t>(half + 1);
    const float a = from_half(low);
    const float b = from_half(high);
    const float middle = a + (b - a) / 2;
    const uint16_t even = low % 2 == 0 ? low : high;
    ASSERT_EQ(FloatToHalf(a), low);
    ASSERT_EQ(FloatToHalf(-a), low | 0x8000U);
    ASSERT_EQ(FloatToHalf(middle), even);
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, a)), low);
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, b)), high);
  }
  EXPECT_EQ(FloatToHalf(65519.9F), 0x7BFFU);
  EXPECT_EQ(FloatToHalf(65520.0F), 0x7C00U);
  EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::infinity()), 0xFC00U);
  EXPECT_GT(FloatToHalf(std::nanf("")) & 0x3FFU, 0U);
}

}  // namespace
}  // namespace vetor
