// Linear layers of the reference pass: weights straight from the mapped checkpoint.
#pragma once

#include <cstddef>
#include <vector>

#include "encoder/encoder.h"

namespace vetor {

/// Activations, [tokens, features] row-major.
template <typename Scalar>
struct TokenMatrix {
  size_t tokens = 0;
  size_t features = 0;
  std::vector<Scalar> values;

  TokenMatrix() = default;
  TokenMatrix(size_t token_count, size_t feature_count)
      : tokens(token_count), features(feature_count), values(token_count * feature_count) {}
  Scalar* row(size_t token) { return values.data() + token * features; }
  const Scalar* row(size_t token) const { return values.data() + token * features; }
};

/// The same numbers in tiles of kTileRight tokens, [tile, features, kTileRight], the last one
/// filled up with zeros: packed once for all linear layers that read them.
template <typename Scalar>
struct PackedTokens {
  size_t tokens = 0;
  size_t features = 0;
  std::vector<Scalar> values;
};

template <typename Scalar>
PackedTokens<Scalar> PackTokens(const TokenMatrix<Scalar>& matrix, int threads);

/// x Wt + b. Weights are converted to Scalar in blocks of 32 rows, so that no larger part is in
/// memory. REQUIRES: linear.weight is [out, tokens.features] (ReadEncoder checks shapes).
template <typename Scalar>
TokenMatrix<Scalar> LinearProduct(const PackedTokens<Scalar>& tokens, const LinearWeights& linear,
                                  int threads);

}  // namespace vetor
