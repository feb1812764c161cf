// What the tests of kernel sets share: drawn values, and the set that a test runs on.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/sets/kernel_set.h"
#include "tests/support/every_kernel_set.h"

namespace vetor::testing {

using Floats = std::vector<float>;

inline Floats Draw(size_t count, uint32_t seed, double deviation = 1, double mean = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, deviation);
  Floats values(count);
  for (float& value : values) value = static_cast<float>(normal(random));
  return values;
}

/// What the products of `set` make of a value.
inline double Operand(const KernelSet& set, float value) {
  if (set.operands == Operands::kFloat32) return value;
  const auto bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000U);
}

class OnKernelSet : public ::testing::TestWithParam<const KernelSet*> {
 protected:
  const KernelSet& set() const { return *GetParam(); }
};

}  // namespace vetor::testing

/// Runs `suite`, which derives from OnKernelSet, on every set of this processor.
#define VETOR_ON_EVERY_KERNEL_SET(suite)                                                        \
  INSTANTIATE_TEST_SUITE_P(All, suite, ::testing::ValuesIn(::vetor::testing::EveryKernelSet()), \
                           [](const auto& one) { return ::vetor::testing::NameOf(*one.param); })
