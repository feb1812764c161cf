// Attention of the reference pass. Each text is computed by itself, so the only masked tokens are
// those that the model itself hides from a token.
#pragma once

#include <span>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/reference/linear_product.h"

namespace vetor {

/// Tokens [begin, end) of the matrices are one text.
struct TextRange {
  size_t begin = 0;
  size_t end = 0;
};

/// MPNet's (T5's) bucket of the distance key - query: half of the buckets for each direction, the
/// first half of those has one bucket per distance, the rest has logarithmic steps up to
/// max_distance. The logarithm is taken in float as PyTorch does, because at some distances the
/// last bit decides.
size_t RelativeBucket(int64_t distance, size_t buckets, int max_distance);

/// The row of the bias's table for key j and query i, `distance` = j - i.
size_t BiasRow(const RelativeBias& bias, int64_t distance);

/// The values that attention needs beside the projected tokens.
struct AttentionSetting {
  const AttentionWeights* weights = nullptr;
  const RelativeBias* relative_bias = nullptr;  ///< Null if there is no bias.
  int threads = 1;
};

/// Turns query and key in place (per-head norm, then rotation) and returns the heads' mixed values,
/// [tokens, heads * head_dim]. `key` and `value` are [tokens, key_value_heads * head_dim].
template <typename Scalar>
struct Projections {
  TokenMatrix<Scalar> query, key, value;
};
template <typename Scalar>
TokenMatrix<Scalar> Attend(Projections<Scalar>& projections, std::span<const TextRange> texts,
                           const AttentionSetting& setting);

}  // namespace vetor
