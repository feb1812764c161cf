#include "exporter/reference/product_kernel.h"

#include <cstring>
#include <vector>

namespace vetor {
namespace {

// Vector types of GCC and Clang: plain element-wise arithmetic, no intrinsics.
template <typename Scalar, size_t kBytes>
struct Lanes;
template <>
struct Lanes<double, 16> {
  using Vector = double __attribute__((vector_size(16)));
};
template <>
struct Lanes<float, 16> {
  using Vector = float __attribute__((vector_size(16)));
};
#if defined(__x86_64__)
template <>
struct Lanes<double, 32> {
  using Vector = double __attribute__((vector_size(32)));
};
template <>
struct Lanes<float, 32> {
  using Vector = float __attribute__((vector_size(32)));
};
template <>
struct Lanes<double, 64> {
  using Vector = double __attribute__((vector_size(64)));
};
template <>
struct Lanes<float, 64> {
  using Vector = float __attribute__((vector_size(64)));
};
#endif

// A corner of the tile whose sums stay in registers: kOutputs weight rows with kVectors vectors of
// tokens. Inlined into a function per instruction set, which decides how it is compiled.
template <typename Scalar, size_t kBytes, size_t kOutputs, size_t kVectors>
[[gnu::always_inline]] inline void Corner(const Scalar* weights, const Scalar* tokens, size_t depth,
                                          Scalar* sums) {
  using Vector = typename Lanes<Scalar, kBytes>::Vector;
  constexpr size_t kLanes = kBytes / sizeof(Scalar);
  constexpr size_t kStride = kTileTokens<Scalar>;
  Vector sum[kOutputs][kVectors] = {};
  for (size_t k = 0; k < depth; ++k) {
    Vector token[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      std::memcpy(&token[v], tokens + k * kStride + v * kLanes, kBytes);
    }
#pragma GCC unroll 8
    for (size_t o = 0; o < kOutputs; ++o) {
      const Scalar weight = weights[k * kTileOutputs + o];
      for (size_t v = 0; v < kVectors; ++v) sum[o][v] += weight * token[v];
    }
  }
#pragma GCC unroll 8
  for (size_t o = 0; o < kOutputs; ++o) {
    for (size_t v = 0; v < kVectors; ++v) {
      std::memcpy(sums + o * kStride + v * kLanes, &sum[o][v], kBytes);
    }
  }
}

template <typename Scalar, size_t kBytes, size_t kOutputs, size_t kVectors>
[[gnu::always_inline]] inline void Corners(const Scalar* weights, const Scalar* tokens,
                                           size_t depth, Scalar* sums) {
  constexpr size_t kTokens = kVectors * kBytes / sizeof(Scalar);
  static_assert(kTileOutputs % kOutputs == 0 && kTileTokens<Scalar> % kTokens == 0);
  for (size_t t = 0; t < kTileTokens<Scalar>; t += kTokens) {
    for (size_t o = 0; o < kTileOutputs; o += kOutputs) {
      Corner<Scalar, kBytes, kOutputs, kVectors>(weights + o, tokens + t, depth,
                                                 sums + o * kTileTokens<Scalar> + t);
    }
  }
}

#if defined(__x86_64__)
template <typename Scalar>
__attribute__((target("avx512f"))) void TileAvx512(const Scalar* weights, const Scalar* tokens,
                                                   size_t depth, Scalar* sums) {
  Corners<Scalar, 64, 8, 2>(weights, tokens, depth, sums);
}

template <typename Scalar>
__attribute__((target("avx2,fma"))) void TileAvx2(const Scalar* weights, const Scalar* tokens,
                                                  size_t depth, Scalar* sums) {
  Corners<Scalar, 32, 4, 2>(weights, tokens, depth, sums);
}
#endif

template <typename Scalar>
void TilePortable(const Scalar* weights, const Scalar* tokens, size_t depth, Scalar* sums) {
  Corners<Scalar, 16, 4, 2>(weights, tokens, depth, sums);
}

std::vector<ProductKernel> FindKernels() {
  std::vector<ProductKernel> kernels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    kernels.push_back({"avx512f", &TileAvx512<double>, &TileAvx512<float>});
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    kernels.push_back({"avx2", &TileAvx2<double>, &TileAvx2<float>});
  }
#endif
  kernels.push_back({"portable", &TilePortable<double>, &TilePortable<float>});
  return kernels;
}

}  // namespace

std::span<const ProductKernel> SupportedProductKernels() {
  static const std::vector<ProductKernel> kKernels = FindKernels();
  return kKernels;
}

}  // namespace vetor
