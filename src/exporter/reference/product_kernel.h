// The inner loop of the reference pass: a tile of tokens times a tile of weight rows.
#pragma once

#include <cstddef>
#include <span>

namespace vetor {

/// Weight rows of a tile.
inline constexpr size_t kTileOutputs = 8;

/// Tokens of a tile: two vector registers of AVX-512, so 16 doubles or 32 floats.
template <typename Scalar>
inline constexpr size_t kTileTokens = 128 / sizeof(Scalar);

/// sums[o * kTileTokens + t] = sum over k of weights[k * kTileOutputs + o] * tokens[k * kTileTokens
/// + t], the terms added in ascending k. A token's sums do not depend on the others in its tile.
/// `weights` [depth, kTileOutputs], `tokens` [depth, kTileTokens], `sums` [kTileOutputs,
/// kTileTokens]; none overlap.
template <typename Scalar>
using ProductTile = void (*)(const Scalar* weights, const Scalar* tokens, size_t depth,
                             Scalar* sums);

/// The same arithmetic compiled for one instruction set.
struct ProductKernel {
  const char* name;  ///< "avx512f", "avx2", "portable"
  ProductTile<double> doubles;
  ProductTile<float> floats;
};

/// What this CPU can run, fastest first; never empty, "portable" is last.
std::span<const ProductKernel> SupportedProductKernels();

}  // namespace vetor
