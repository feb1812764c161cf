// Token vectors to one vector a text, as sentence-transformers 5.7 defines it: pool, Dense layers,
// cut to `dim`, normalise.
//
// Every row is computed from its own tokens alone, in token order, with double accumulators, so a
// text's vector has the same bits whatever stands beside it in a batch and however it is padded.
//
//   cls            first counted token          lasttoken            last token
//   max            greatest, by component       mean                 sum / n
//   weightedmean   sum((t + 1) x_t) / sum(t + 1), t the place in the row from 0
//   mean_sqrt_len  sum / sqrt(n)
//
// With include_prompt = false the leading TokenBatch::prompt_tokens of a row are not counted. A row
// without any counted token gives zeros (sentence-transformers: zeros too, except -inf for max).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "batching/token_batch.h"
#include "pooling/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// Immutable; the methods are thread-safe and keep their scratch in the calling thread.
class Pooler {
 public:
  /// For a backend that gives one vector a token. `width`: components of a token vector.
  /// INVALID_ARGUMENT when the spec has no mode, its Dense layers do not fit `width` or each
  /// other, or `dim` is larger than what comes out.
  static Result<Pooler> Create(PoolingSpec spec, size_t width);

  /// For a backend that gives one vector a text (`sentence_embedding`, hashing), pooled already:
  /// of the spec only `dim` and `normalize` count.
  static Result<Pooler> CreateForTexts(const PoolingSpec& spec, size_t width);

  /// Components of a finished vector.
  size_t dim() const { return dim_; }

  /// Writes rows [batch.rows(), dim()] to `out`, row-major. `token_vectors` is
  /// [batch.tokens(), width]. INTERNAL when a row is not finite; `*bad_row` (may be null) then
  /// names the first such row, and the rows after it are not written. INVALID_ARGUMENT when sizes
  /// do not fit. A zero vector stays zero.
  Status PoolTokens(const TokenBatch& batch, std::span<const float> token_vectors,
                    std::span<float> out, size_t* bad_row) const;

  /// The same for vectors that are one a text already: `text_vectors` is [rows, width]; only the
  /// cut and the normalisation are applied. REQUIRES: CreateForTexts.
  Status FinishTexts(std::span<const float> text_vectors, std::span<float> out,
                     size_t* bad_row) const;

 private:
  /// A Dense layer with its weight turned to [in, out], so that the inner loop runs over
  /// neighbouring components and vectorises without reordering a sum.
  struct Projection {
    size_t in_features;
    size_t out_features;
    std::vector<float> weight;
    std::vector<float> bias;
    DenseActivation activation;
  };

  Pooler(const PoolingSpec& spec, size_t width) : spec_(spec), width_(width) {}
  static Result<Projection> MakeProjection(const DenseLayer& layer, size_t index, size_t width);
  Status SetDim(size_t available);
  void PoolRow(const float* tokens, size_t count, size_t skip, std::vector<double>* pooled) const;
  Status FinishRow(std::span<const double> vector, size_t row, float* out, size_t* bad_row) const;

  PoolingSpec spec_;  ///< Without its Dense layers, which are in projections_.
  size_t width_;
  size_t dim_ = 0;
  std::vector<Projection> projections_;
};

}  // namespace vetor
