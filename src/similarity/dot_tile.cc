#include "similarity/dot_tile.h"

#include <cstring>
#include <vector>

namespace vetor {
namespace {

// Vector types of GCC and Clang: plain element-wise arithmetic, no intrinsics.
struct Lanes4 {
  using Vector = float __attribute__((vector_size(16)));
};
#if defined(__x86_64__)
struct Lanes8 {
  using Vector = float __attribute__((vector_size(32)));
};
struct Lanes16 {
  using Vector = float __attribute__((vector_size(64)));
};
#endif

// A corner of the tile: kQueries queries with kVectors vectors of rows. It is inlined into a
// function per instruction set, which decides how the arithmetic is compiled. Without the pragma
// GCC 12 keeps the sums in memory: 96 instead of 261 GFLOP/s with AVX-512, 14 instead of 119 with
// AVX2.
template <typename Lanes, size_t kQueries, size_t kVectors>
[[gnu::always_inline]] inline void DotCorner(const float* queries, const float* rows, size_t depth,
                                             float scale, float* scores) {
  using Vector = typename Lanes::Vector;
  constexpr size_t kLanes = sizeof(Vector) / sizeof(float);
  Vector sums[kQueries][kVectors] = {};
  for (size_t k = 0; k < depth; ++k) {
    Vector row[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      std::memcpy(&row[v], rows + k * kTileRows + v * kLanes, sizeof(Vector));
    }
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) {
      const float query = queries[k * kTileQueries + q];
      for (size_t v = 0; v < kVectors; ++v) sums[q][v] += query * row[v];
    }
  }
#pragma GCC unroll 8
  for (size_t q = 0; q < kQueries; ++q) {
    for (size_t v = 0; v < kVectors; ++v) {
      const Vector scaled = sums[q][v] * scale;
      std::memcpy(scores + q * kTileRows + v * kLanes, &scaled, sizeof(scaled));
    }
  }
}

// Corners sized to the registers: their sums, one vector set of rows and a broadcast query must
// fit.
template <typename Lanes, size_t kQueries, size_t kVectors>
[[gnu::always_inline]] inline void DotCorners(const float* queries, const float* rows, size_t depth,
                                              float scale, float* scores) {
  constexpr size_t kRows = kVectors * sizeof(typename Lanes::Vector) / sizeof(float);
  static_assert(kTileQueries % kQueries == 0 && kTileRows % kRows == 0);
  for (size_t r = 0; r < kTileRows; r += kRows) {
    for (size_t q = 0; q < kTileQueries; q += kQueries) {
      DotCorner<Lanes, kQueries, kVectors>(queries + q, rows + r, depth, scale,
                                           scores + q * kTileRows + r);
    }
  }
}

#if defined(__x86_64__)
// 32 registers: all 16 sums of the tile.
__attribute__((target("avx512f"))) void DotTileAvx512(const float* queries, const float* rows,
                                                      size_t depth, float scale, float* scores) {
  DotCorners<Lanes16, 8, 2>(queries, rows, depth, scale, scores);
}

// 16 registers: 8 sums keep both multiply-add units busy over their latency of 4 cycles.
__attribute__((target("avx2,fma"))) void DotTileAvx2(const float* queries, const float* rows,
                                                     size_t depth, float scale, float* scores) {
  DotCorners<Lanes8, 4, 2>(queries, rows, depth, scale, scores);
}
#endif

#if defined(__aarch64__)
constexpr size_t kPortableVectors = 4;  // 32 registers
#else
constexpr size_t kPortableVectors = 2;  // 16 registers
#endif

void DotTilePortable(const float* queries, const float* rows, size_t depth, float scale,
                     float* scores) {
  DotCorners<Lanes4, 4, kPortableVectors>(queries, rows, depth, scale, scores);
}

std::vector<DotKernel> FindKernels() {
  std::vector<DotKernel> kernels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) kernels.push_back({"avx512f", &DotTileAvx512});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    kernels.push_back({"avx2", &DotTileAvx2});
  }
#endif
  kernels.push_back({"portable", &DotTilePortable});
  return kernels;
}

}  // namespace

std::span<const DotKernel> SupportedDotKernels() {
  static const std::vector<DotKernel> kKernels = FindKernels();
  return kKernels;
}

}  // namespace vetor
