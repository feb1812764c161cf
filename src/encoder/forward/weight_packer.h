// Puts the weights of a checkpoint, of any float type, into their places.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "encoder/forward/packed_encoder.h"
#include "encoder/linear_reader.h"

namespace vetor {

/// REQUIRES: EncoderLayout has given the places, and the memory is there.
class WeightPacker {
 public:
  explicit WeightPacker(PackedEncoder* packed);

  /// Pack the norms and tables, and one layer. Each may run on a thread of its own.
  void PackShared();
  void PackLayer(size_t index);

 private:
  /// Columns of a linear layer's input or output that follow one another: `from` in the weight,
  /// `to` in the packed form.
  struct Range {
    size_t from;
    size_t count;
    double scale = 1;
  };
  struct HeadShape {
    size_t heads;
    size_t dim;
    size_t width;
  };

  float* at(Place place) const { return packed_.memory_.floats() + place; }
  void Norm(const std::optional<NormWeights>& weights, const std::optional<PackedNorm>& norm,
            size_t width, double scale) const;
  void Fill(const LinearWeights& weight, const WeightBlock& block, double scale,
            float* floats) const;
  // Panel `index` of `linear`, whose floats `write(floats)` fills in.
  template <typename Write>
  void Panel(const PackedLinear& linear, size_t index, const Write& write) const;
  // Rows `range` of `weight` and its bias into the panels from `first_panel` on.
  void Columns(const LinearWeights& weight, const Range& range, const PackedLinear& linear,
               size_t first_panel) const;
  void Bias(const TensorView& bias, const Range& range, float* target) const;
  void Projection(const AttentionWeights& weights, const PackedAttention& attention) const;
  void Output(const AttentionWeights& weights, const PackedAttention& attention) const;
  void FeedForward(const FeedForwardWeights& weights, const PackedLayer& layer) const;
  void RelativeBiases() const;

  PackedEncoder& packed_;
  const size_t panel_columns_;
};

}  // namespace vetor
