#include "kernels/product_tile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {
namespace {

template <typename Scalar>
struct TileInput {
  size_t depth;
  std::vector<Scalar> left, right;
};

template <typename Scalar>
TileInput<Scalar> DrawInput(size_t depth, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 0.05);
  TileInput<Scalar> input{depth, std::vector<Scalar>(depth * kTileLeft),
                          std::vector<Scalar>(depth * kTileRight<Scalar>)};
  for (Scalar& value : input.left) value = static_cast<Scalar>(normal(random));
  for (Scalar& value : input.right) value = static_cast<Scalar>(normal(random));
  return input;
}

template <typename Scalar>
std::vector<Scalar> Multiply(ProductTile<Scalar> run, const TileInput<Scalar>& input,
                             Scalar scale) {
  std::vector<Scalar> sums(kTileLeft * kTileRight<Scalar>, -7);
  run(input.left.data(), input.right.data(), input.depth, scale, sums.data());
  return sums;
}

template <typename Scalar>
void ExpectSums(ProductTile<Scalar> run, double tolerance) {
  constexpr size_t kRight = kTileRight<Scalar>;
  for (size_t depth : {1u, 2u, 31u, 384u, 1024u}) {
    const auto input = DrawInput<Scalar>(depth, static_cast<uint32_t>(depth));
    const std::vector<Scalar> sums = Multiply(run, input, Scalar{0.5});
    for (size_t l = 0; l < kTileLeft; ++l) {
      for (size_t r = 0; r < kRight; ++r) {
        double sum = 0;
        for (size_t k = 0; k < depth; ++k) {
          sum += double{input.left[k * kTileLeft + l]} * double{input.right[k * kRight + r]};
        }
        ASSERT_NEAR(sums[l * kRight + r], 0.5 * sum, tolerance)
            << "depth " << depth << " left " << l << " right " << r;
      }
    }
  }
}

TEST(ProductTileTest, EveryKernelMatchesDoublePrecision) {
  for (const ProductKernel& kernel : SupportedProductKernels()) {
    SCOPED_TRACE(kernel.name);
    ExpectSums<float>(kernel.floats, 1e-6);
    ExpectSums<double>(kernel.doubles, 1e-15);
  }
}

TEST(ProductTileTest, ThePlaceInTheTileDoesNotMatter) {
  constexpr size_t kRight = kTileRight<float>;
  auto input = DrawInput<float>(384, 3);
  for (size_t k = 0; k < input.depth; ++k) {
    std::fill_n(&input.left[k * kTileLeft], kTileLeft, input.left[k * kTileLeft]);
    std::fill_n(&input.right[k * kRight], kRight, input.right[k * kRight]);
  }
  for (const ProductKernel& kernel : SupportedProductKernels()) {
    const std::vector<float> sums = Multiply(kernel.floats, input, 1.0f);
    EXPECT_EQ(sums, std::vector<float>(kTileLeft * kRight, sums[0])) << kernel.name;
  }
}

TEST(ProductTileTest, KernelsWithFusedMultiplyAddAgreeToTheBit) {
  std::vector<ProductKernel> fused;
  for (const ProductKernel& kernel : SupportedProductKernels()) {
    if (kernel.name != std::string_view("portable")) fused.push_back(kernel);
  }
  if (fused.size() < 2) GTEST_SKIP() << "this processor has fewer than two of them";
  const auto floats = DrawInput<float>(384, 4);
  EXPECT_EQ(Multiply(fused[0].floats, floats, 1.0f), Multiply(fused[1].floats, floats, 1.0f));
  const auto doubles = DrawInput<double>(384, 5);
  EXPECT_EQ(Multiply(fused[0].doubles, doubles, 1.0), Multiply(fused[1].doubles, doubles, 1.0));
}

TEST(ProductTileTest, ThePortableKernelIsAlwaysThereAndLast) {
  ASSERT_FALSE(SupportedProductKernels().empty());
  EXPECT_EQ(SupportedProductKernels().back().name, std::string("portable"));
}

}  // namespace
}  // namespace vetor
