#include "head/dense_payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace vetor {
namespace {

std::vector<float> VectorOf(const Payload& payload, size_t dim) {
  EXPECT_TRUE(IsDense(payload.bytes, dim));
  std::vector<float> vector(dim);
  CopyDense(payload.bytes, vector);
  return vector;
}

Payload PayloadOf(const std::vector<float>& vector) {
  DenseBlock block(1, vector.size());
  std::copy(vector.begin(), vector.end(), block.values().begin());
  return block.Row(0);
}

TEST(DensePayloadTest, ARowOutlivesItsBlock) {
  Payload row;
  {
    DenseBlock block(2, 3);
    for (size_t i = 0; i < 6; ++i) block.values()[i] = static_cast<float>(i);
    row = block.Row(1);
  }
  EXPECT_EQ(VectorOf(row, 3), (std::vector<float>{3, 4, 5}));
  EXPECT_FALSE(IsDense(row.bytes, 4));
}

TEST(DensePayloadTest, WindowsAreWeightedByTheirTokens) {
  const Payload a = PayloadOf({1, 0});
  const Payload b = PayloadOf({0, 1});
  const std::vector<WindowPart> windows = {{a.bytes, 3}, {b.bytes, 1}};
  EXPECT_EQ(VectorOf(JoinDense(windows, false), 2), (std::vector<float>{0.75F, 0.25F}));
  const std::vector<float> unit = VectorOf(JoinDense(windows, true), 2);
  EXPECT_FLOAT_EQ(unit[0] * unit[0] + unit[1] * unit[1], 1.0F);
  EXPECT_FLOAT_EQ(unit[0] / unit[1], 3.0F);
}

TEST(DensePayloadTest, WindowsThatCancelEachOtherStayZero) {
  const Payload a = PayloadOf({1, 0});
  const Payload b = PayloadOf({-1, 0});
  const std::vector<WindowPart> windows = {{a.bytes, 1}, {b.bytes, 1}};
  EXPECT_EQ(VectorOf(JoinDense(windows, true), 2), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace vetor
