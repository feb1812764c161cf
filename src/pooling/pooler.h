// Token vectors to one vector a text, as sentence-transformers defines it: pool, Dense layers, cut
// to `dim`, normalise.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "batching/token_batch.h"
#include "pooling/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// Immutable; Pool is thread-safe and keeps its scratch in the calling thread.
class Pooler {
 public:
  /// `width`: components of a token vector. INVALID_ARGUMENT when Dense layers do not fit it or
  /// `dim` is larger than what comes out.
  static Result<Pooler> Create(PoolingSpec spec, size_t width);

  /// Components of a finished vector.
  size_t dim() const { return dim_; }

  /// Writes rows [batch.rows(), dim()] to `out`, row-major. `token_vectors` is
  /// [batch.tokens(), width]. INTERNAL when a row is not finite; `*bad_row` names it.
  Status PoolTokens(const TokenBatch& batch, std::span<const float> token_vectors,
                    std::span<float> out, size_t* bad_row) const;

  /// The same for vectors that are one a text already: `text_vectors` is [rows, width]; only the
  /// cut and the normalisation are applied.
  Status FinishTexts(std::span<const float> text_vectors, std::span<float> out,
                     size_t* bad_row) const;

 private:
  Pooler(PoolingSpec spec, size_t width, size_t dim);
  PoolingSpec spec_;
  size_t width_;
  size_t dim_;
};

}  // namespace vetor
