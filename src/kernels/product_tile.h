// A tile of dot products whose sums stay in registers: 8 rows of the left operand with two
// AVX-512 registers of rows of the right one.
//
// Every sum runs over the components in ascending order in one accumulator of its own, so it
// depends on nothing but its two rows: not on their place in the tile, on the tile's other rows, or
// on the thread. The AVX2 and AVX-512 kernels round once per step (fused multiply-add) and agree
// bit for bit; the portable kernel of x86-64 rounds twice.
#pragma once

#include <cstddef>
#include <span>

namespace vetor {

/// Rows of the left operand in a tile.
inline constexpr size_t kTileLeft = 8;

/// Rows of the right operand in a tile: 16 doubles or 32 floats.
template <typename Scalar>
inline constexpr size_t kTileRight = 128 / sizeof(Scalar);

/// sums[l * kTileRight + r] = scale * sum over k in [0, depth) of left[k * kTileLeft + l] *
/// right[k * kTileRight + r], the terms added in ascending k. `left` [depth, kTileLeft], `right`
/// [depth, kTileRight], `sums` [kTileLeft, kTileRight]; none overlap. A scale of 1 changes no bit.
template <typename Scalar>
using ProductTile = void (*)(const Scalar* left, const Scalar* right, size_t depth, Scalar scale,
                             Scalar* sums);

/// The same arithmetic compiled for one instruction set.
struct ProductKernel {
  const char* name;  ///< "avx512f", "avx2", "portable"
  ProductTile<double> doubles;
  ProductTile<float> floats;
};

/// The kernels that this processor can run, fastest first; never empty, "portable" is last.
/// Thread-safe.
std::span<const ProductKernel> SupportedProductKernels();

}  // namespace vetor
