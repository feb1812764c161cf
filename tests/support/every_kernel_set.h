// The kernel sets of this processor in every precision, for tests that hold for all of them.
#pragma once

#include <string>
#include <vector>

#include "kernels/sets/kernel_set.h"

namespace vetor::testing {

inline std::vector<const KernelSet*> EveryKernelSet() {
  std::vector<const KernelSet*> sets;
  for (const Operands operands : {Operands::kFloat32, Operands::kBFloat16}) {
    const auto some = SupportedKernelSets(operands);
    sets.insert(sets.end(), some.begin(), some.end());
  }
  return sets;
}

/// "avx512", "avx512_rounded" (products in float32 of values in bfloat16), "avx512_bf16".
inline std::string NameOf(const KernelSet& set) {
  const bool rounds = set.operands == Operands::kBFloat16 && set.word_depths == 1;
  return set.name + std::string(rounds ? "_rounded" : "");
}

}  // namespace vetor::testing
