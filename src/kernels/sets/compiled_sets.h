// The kernel sets that are compiled into this program, whether the processor can run them or not:
// kernel_set.h chooses.
#pragma once

#include "kernels/sets/kernel_set.h"

namespace vetor {

#if defined(__x86_64__)
const KernelSet& Avx512Bf16Set();  ///< REQUIRES to run: AVX-512F and AVX-512 BF16.
const KernelSet& Avx512Set();      ///< REQUIRES to run: AVX-512F.
const KernelSet& Avx2Set();        ///< REQUIRES to run: AVX2 and FMA.
#endif
const KernelSet& PortableSet();

// The same instructions with values that are rounded to bfloat16.
#if defined(__x86_64__)
const KernelSet& Avx512RoundedSet();
const KernelSet& Avx2RoundedSet();
#endif
const KernelSet& PortableRoundedSet();

}  // namespace vetor
