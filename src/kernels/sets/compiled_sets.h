// The kernel sets that are compiled into this program, whether the processor can run them or not:
// kernel_set.h chooses.
#pragma once

#include "kernels/sets/kernel_set.h"

namespace vetor {

#if defined(__x86_64__)
const KernelSet& Avx512Set();  ///< REQUIRES to run: AVX-512F.
const KernelSet& Avx2Set();    ///< REQUIRES to run: AVX2 and FMA.
#endif
const KernelSet& PortableSet();

}  // namespace vetor
