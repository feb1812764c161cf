#include "exporter/reference/product_kernel.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace vetor {
namespace {

template <typename Scalar>
void ExpectSums(ProductTile<Scalar> multiply, double tolerance) {
  constexpr size_t kTokens = kTileTokens<Scalar>;
  std::mt19937 engine(3);
  std::normal_distribution<double> normal;
  for (const size_t depth : {1, 7, 64, 385}) {
    std::vector<Scalar> weights(depth * kTileOutputs);
    std::vector<Scalar> tokens(depth * kTokens);
    for (Scalar& value : weights) value = static_cast<Scalar>(normal(engine));
    for (Scalar& value : tokens) value = static_cast<Scalar>(normal(engine));
    std::vector<Scalar> sums(kTileOutputs * kTokens);
    multiply(weights.data(), tokens.data(), depth, sums.data());
    for (size_t o = 0; o < kTileOutputs; ++o) {
      for (size_t t = 0; t < kTokens; ++t) {
        double expected = 0;
        for (size_t k = 0; k < depth; ++k) {
          expected += double{weights[k * kTileOutputs + o]} * double{tokens[k * kTokens + t]};
        }
        ASSERT_NEAR(sums[o * kTokens + t], expected, tolerance) << o << " " << t << " " << depth;
      }
    }
  }
}

TEST(ProductKernelTest, EveryKernelGivesTheSums) {
  for (const ProductKernel& kernel : SupportedProductKernels()) {
    SCOPED_TRACE(kernel.name);
    ExpectSums<double>(kernel.doubles, 1e-12);
    ExpectSums<float>(kernel.floats, 1e-4);
  }
}

TEST(ProductKernelTest, PortableIsAlwaysThere) {
  EXPECT_STREQ(SupportedProductKernels().back().name, "portable");
}

}  // namespace
}  // namespace vetor
