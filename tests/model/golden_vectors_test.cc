#include "tests/model/golden_vectors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace vetor {
namespace {

TEST(GoldenVectorsTest, HoldsTwoThousandTextsInSixtyLanguagesWithUnitVectors) {
  for (const char* model : {"all-minilm-l6-v2", "bge-small-en-v1.5"}) {
    SCOPED_TRACE(model);
    std::string why;
    const auto golden = ReadGoldenVectors(model, &why);
    ASSERT_TRUE(golden.has_value()) << why;
    EXPECT_EQ(golden->texts.size(), 2000U);
    EXPECT_EQ(golden->dim, 384U);
    const std::set<std::string> kinds(golden->kinds.begin(), golden->kinds.end());
    EXPECT_GE(kinds.size(), 62U);
    EXPECT_EQ(std::set<std::string>(golden->texts.begin(), golden->texts.end()).size(), 2000U);
    for (size_t r = 0; r < golden->texts.size(); ++r) {
      double squares = 0;
      for (const float x : golden->row(r)) squares += double{x} * double{x};
      ASSERT_NEAR(squares, 1.0, 1e-5) << golden->texts[r];
    }
  }
}

// Rows 1, dim 3, step 0.5 and 2 low bits. The values 0, 3 and -1 fold to 0, 6 and 1. Their bits, in
// order, are 0 00 | 1 0 01 | 0 10: the byte 0b0000_1000 read from the left end, then 0b10 in the
// next byte.
TEST(GoldenVectorsTest, DecodesTheFormatAsDescribed) {
  std::string bytes("VGOLD1\0\0\x01\0\0\0\x03\0\0\0", 16);
  bytes += std::string("\0\0\0\0\0\0\xE0\x3F\x02\0\0\0", 12);
  // The bits in order: 0,0,0 (0); 1,0,0,1 (6 = 1 * 4 + 0b10, low bit first); 0,1,0 (1).
  bytes += std::string("\x48\x01", 2);
  GoldenVectors golden;
  ASSERT_TRUE(DecodeGoldenVectors(bytes, &golden));
  EXPECT_EQ(golden.vectors, (std::vector<float>{0.0F, 1.5F, -0.5F}));
  EXPECT_FALSE(DecodeGoldenVectors(std::string_view(bytes).substr(0, 29), &golden));
  EXPECT_FALSE(DecodeGoldenVectors(std::string_view(bytes).substr(0, 20), &golden));
}

TEST(GoldenVectorsTest, AnAbsentModelIsSaid) {
  std::string why;
  EXPECT_FALSE(ReadGoldenVectors("no-such-model", &why).has_value());
  EXPECT_NE(why.find("no-such-model.vectors"), std::string::npos);
}

}  // namespace
}  // namespace vetor
