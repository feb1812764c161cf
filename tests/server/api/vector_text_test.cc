#include "server/api/vector_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace vetor {
namespace {

TEST(VectorText, NumbersReadBackAsTheSameFloat) {
  std::vector<float> values{0.0F,
                            -0.0F,
                            1.0F,
                            0.1F,
                            -1.17549435e-38F,
                            1e-45F,
                            std::numeric_limits<float>::max(),
                            std::numeric_limits<float>::lowest()};
  // Bit patterns over the whole range; those of NaN and infinity are left out.
  for (uint32_t bits = 1; bits < 0xFF000000U; bits += 40'503'001U) {
    const float value = std::bit_cast<float>(bits);
    if (std::isfinite(value)) values.push_back(value);
  }
  std::string text;
  AppendJsonNumbers(values, &text);
  ASSERT_EQ(text.front(), '[');
  const char* at = text.c_str() + 1;
  for (const float value : values) {
    char* end = nullptr;
    EXPECT_EQ(std::bit_cast<uint32_t>(std::strtof(at, &end)), std::bit_cast<uint32_t>(value));
    at = end + 1;
  }
  EXPECT_EQ(at, text.c_str() + text.size());
}

TEST(VectorText, FewDigits) {
  std::string text;
  AppendJsonNumbers(std::vector<float>{0.1F, -2e-5F, 1.0F}, &text);
  EXPECT_EQ(text, "[0.1,-2e-05,1]");
  text.clear();
  AppendJsonNumbers(std::vector<float>{}, &text);
  EXPECT_EQ(text, "[]");
}

TEST(VectorText, Base64IsOfLittleEndianFloats) {
  std::string text;
  AppendBase64(std::vector<float>{1.0F, -2.0F}, &text);
  EXPECT_EQ(text, "AACAPwAAAMA=");
}

TEST(VectorText, RawRowsAreTheBytes) {
  std::string bytes;
  AppendRaw(std::vector<float>{1.0F}, &bytes);
  EXPECT_EQ(bytes, std::string("\0\0\x80\x3F", 4));
}

TEST(VectorText, SmallTypesAreThoseOfSentenceTransformers) {
  const std::vector<float> row{0.5F, -0.5F, 0.0F, 1.0F, -1.0F, 0.25F, 0.125F, -0.125F};
  EXPECT_EQ(ToSmallType(SmallType::kUbinary, row, {}), (std::vector<int>{0b10010110}));
  EXPECT_EQ(ToSmallType(SmallType::kBinary, row, {}), (std::vector<int>{0b10010110 - 128}));
  const ComponentRanges ranges{.least = std::vector<float>(8, -1),
                               .greatest = std::vector<float>(8, 1)};
  EXPECT_EQ(ToSmallType(SmallType::kUint8, row, ranges),
            (std::vector<int>{191, 63, 127, 254, 0, 159, 143, 111}));
  EXPECT_EQ(ToSmallType(SmallType::kInt8, row, ranges)[4], -128);
}

}  // namespace
}  // namespace vetor
