// What the multiply-add units of this machine give, measured: the limit that kernels are held to.
#pragma once

#include <cstddef>

namespace vetor {

/// Floating point operations a second of `cores` threads that do nothing but fused multiply-adds in
/// registers, in vectors of the named kernel set ("avx512", "avx2"; others: 0). The best of a few
/// tries: a neighbour can only take away.
double PeakFlops(const char* kernel_set, size_t cores);

}  // namespace vetor
