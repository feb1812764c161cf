// Dot products of 8 queries with 32 rows at once, in registers.
//
// Every sum runs over the components in ascending order in one accumulator of its own, so a score
// depends on nothing but its two vectors: not on its place in the tile, on the tile's other rows,
// or on the thread. dot(a, b) and dot(b, a) are bit-equal. The AVX2 and AVX-512 kernels round once
// a step (fused multiply-add) and agree bit for bit; the portable kernel of x86-64 rounds twice.
#pragma once

#include <cstddef>
#include <span>

namespace vetor {

inline constexpr size_t kTileQueries = 8;
inline constexpr size_t kTileRows = 32;

/// scores[q * kTileRows + r] = scale * sum over k of queries[k * kTileQueries + q] *
/// rows[k * kTileRows + r], for k in [0, depth). `scores` holds kTileQueries * kTileRows values.
using DotTile = void (*)(const float* queries, const float* rows, size_t depth, float scale,
                         float* scores);

struct DotKernel {
  const char* name;  ///< "avx512f", "avx2", "portable"
  DotTile run;
};

/// The kernels that this processor can run, fastest first; never empty. Thread-safe.
std::span<const DotKernel> SupportedDotKernels();

}  // namespace vetor
