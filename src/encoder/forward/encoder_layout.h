// Decides where each part of a packed encoder lies, before any weight is read.
#pragma once

#include <cstddef>

#include "encoder/forward/packed_encoder.h"

namespace vetor {

/// Gives every part of `packed` its place, in the order of use.
class EncoderLayout {
 public:
  explicit EncoderLayout(PackedEncoder* packed);
  size_t floats() const { return next_; }

 private:
  Place Take(size_t floats);
  std::optional<PackedNorm> Norm(const std::optional<NormWeights>& weights, size_t width);
  PackedLinear Linear(size_t columns, size_t depth, bool has_bias);
  PackedAttention Attention(const AttentionWeights& weights);
  void FeedForward(const FeedForwardWeights& weights, PackedLayer* layer);
  PackedLayer Layer(const EncoderLayer& layer);
  size_t RotaryIndex(const Rotary& rotary);
  size_t WholePanels(size_t columns) const;

  PackedEncoder& packed_;
  const size_t panel_columns_;
  size_t next_ = 0;
};

}  // namespace vetor
