#include "kernels/vector_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace vetor {
namespace {

TEST(CosineTest, OfKnownAngles) {
  const std::vector<float> x = {3, 0}, y = {0, 5}, diagonal = {2, 2}, opposite = {-1, 0};
  EXPECT_DOUBLE_EQ(Cosine(x, x), 1);
  EXPECT_DOUBLE_EQ(Cosine(x, y), 0);
  EXPECT_DOUBLE_EQ(Cosine(x, diagonal), std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(Cosine(x, opposite), -1);
}

TEST(CosineTest, AZeroVectorPointsNowhere) {
  const std::vector<float> zero = {0, 0}, x = {1, 0};
  EXPECT_EQ(Cosine(zero, x), 0);
  EXPECT_EQ(Cosine(x, zero), 0);
  EXPECT_EQ(Cosine(zero, zero), 0);
}

// In float32, 1,000 squares of 1e-3 are lost beside 1e6.
TEST(CosineTest, SumsInDoublePrecision) {
  std::vector<float> a(1001, 1e-3f), b = a;
  a[0] = 1e3f;
  b[0] = 1e3f;
  b[1000] = -1e-3f;
  EXPECT_NEAR(1 - Cosine(a, b), 2e-12, 1e-14);
}

TEST(UnitDivisorTest, IsTheLengthButNeverZero) {
  EXPECT_EQ(UnitDivisor(25), 5);
  EXPECT_EQ(UnitDivisor(0), 1e-12);
  EXPECT_EQ(UnitDivisor(1e-30), 1e-12);
}

}  // namespace
}  // namespace vetor
