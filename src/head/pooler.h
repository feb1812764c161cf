// Turns a backend's output into one vector per text, as sentence-transformers 5.7 defines it: pool,
// Dense layers, cut to `dim`, normalise. If the backend gives one vector per text already, it is
// only cut and normalised.
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

#include "batching/backend_output.h"
#include "batching/token_batch.h"
#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// Immutable; the methods are thread-safe and keep their scratch in the calling thread.
class Pooler {
 public:
  /// For outputs with `width` components per vector. For outputs with one vector per text
  /// (`sentence_embedding`, hashing) only `dim` and `normalize` of the spec count.
  /// INVALID_ARGUMENT if the spec has no mode, its Dense layers do not fit `width` or each other,
  /// or `dim` is larger than the width that comes out.
  static Result<Pooler> Create(PoolingSpec spec, size_t width,
                               OutputAxis axis = OutputAxis::kTokens);

  /// Components of a finished vector.
  size_t dim() const { return dim_; }
  /// Whether the spec's `dim` leaves components out.
  bool cuts() const { return cuts_; }

  /// Writes the vectors of the batch's texts, [batch.rows(), dim()] row-major, to `out`. `output`
  /// is what the backend made of `batch`. INTERNAL if a vector is not finite; the message names the
  /// first such row, and the rows after it are not written. INVALID_ARGUMENT if shapes do not fit.
  /// A zero vector stays zero.
  Status Finish(const TokenBatch& batch, const BackendOutput& output, std::span<float> out) const;

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

  Pooler(const PoolingSpec& spec, size_t width, OutputAxis axis)
      : spec_(spec), width_(width), axis_(axis) {}
  static Result<Projection> MakeProjection(const DenseLayer& layer, size_t index, size_t width);
  Status SetDim(size_t available);
  void PoolRow(const float* tokens, size_t count, size_t skip, std::vector<double>* pooled) const;
  void ReadRow(const TokenBatch& batch, const BackendOutput& output, size_t row,
               std::vector<double>* vector) const;
  Status FinishRow(std::span<const double> vector, size_t row, float* out) const;

  PoolingSpec spec_;  ///< Without its Dense layers, which are in projections_.
  size_t width_;
  OutputAxis axis_;
  size_t dim_ = 0;
  bool cuts_ = false;
  std::vector<Projection> projections_;
};

}  // namespace vetor
