// An encoder made ready for the kernels: weights in panels in the order of use, factors folded in.
//
// The panels are in the form that the set's products read (KernelSet::operands), everything else is
// in float32. log2(e) and the attention's scale are folded into the query projection (or into the
// query's per-head norm), so that softmax uses powers of two. Heads, and all other parts whose
// width is not a multiple of a panel's columns, are filled up with zeros.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "encoder/encoder.h"
#include "kernels/sets/kernel_set.h"
#include "os/page_memory.h"
#include "vetor/status.h"

namespace vetor {

/// Places are in floats (four bytes) from the beginning of the encoder's memory.
using Place = size_t;

struct PackedNorm {
  Place weight = 0;  ///< [width]
  Place bias = 0;    ///< [width], zeros if the norm has no bias.
  float epsilon = 0;
  bool centred = true;
};

struct PackedLinear {
  Place panels = 0;
  std::optional<Place> bias;  ///< [panel_count * panel_columns]
  size_t panel_count = 0;
  size_t depth = 0;
};

/// Some columns of the feed-forward's inner width, with up (and gate) before down. They stay in the
/// second-level cache between the two products.
struct InnerPart {
  PackedLinear gate;  ///< Has no panels if there is no gate.
  PackedLinear up;
  PackedLinear down;  ///< Its depth is this part of the inner width; the bias is the layer's.
  size_t first_column = 0;
  size_t columns = 0;  ///< Filled up to whole panels.

  bool gated() const { return gate.panel_count > 0; }
};

struct PackedAttention {
  /// Panels by key and value head: the query heads that it serves, the key, the value.
  PackedLinear projection;
  PackedLinear output;
  std::optional<PackedNorm> query_norm, key_norm;
  std::optional<size_t> rotary;  ///< Index into PackedEncoder::rotaries.
  size_t heads = 0;
  size_t key_value_heads = 0;
  size_t head_dim = 0;
  size_t head_width = 0;  ///< head_dim, filled up to whole panels.
  bool causal = false;
  size_t window = 0;

  size_t shared_by() const { return heads / key_value_heads; }
  /// Blocks of the projection per key and value head.
  size_t group_blocks() const { return shared_by() + 2; }
};

struct PackedLayer {
  std::optional<PackedNorm> attention_in_norm, attention_out_norm, attention_after_norm;
  PackedAttention attention;
  std::optional<PackedNorm> feed_forward_in_norm, feed_forward_out_norm, feed_forward_after_norm;
  std::vector<InnerPart> inner;
  size_t inner_columns = 0;  ///< Columns of all parts together.
  Epilogue activation = Epilogue::kGelu;
};

/// Immutable; shared by all workers.
class PackedEncoder {
 public:
  /// Reads every weight but the word table once, on at most `threads` threads, into memory of its
  /// own; words and positions stay in the checkpoint. RESOURCE_EXHAUSTED without the memory;
  /// UNIMPLEMENTED for an encoder that the kernels cannot compute.
  static Result<PackedEncoder> Pack(Encoder encoder, const KernelSet& kernels, int threads);

  const Encoder& encoder() const { return encoder_; }
  const KernelSet& kernels() const { return *kernels_; }
  const std::vector<PackedLayer>& layers() const { return layers_; }
  const std::optional<PackedNorm>& embedding_norm() const { return embedding_norm_; }
  const std::optional<PackedNorm>& final_norm() const { return final_norm_; }
  const std::vector<Rotary>& rotaries() const { return rotaries_; }
  const float* at(Place place) const { return memory_.floats() + place; }
  size_t hidden() const { return static_cast<size_t>(encoder_.hidden_size); }
  size_t bytes() const { return memory_.size(); }

  /// The bias of one head by the distance of key and query: bias[j - i] for texts of at most
  /// max_positions tokens. Null if the encoder has no such bias.
  const float* relative_bias(size_t head) const;

  /// Floats from row to row of activations with `width` columns: whole panels, and an odd number of
  /// cache lines, so that the rows of a tile do not share the sets of the first-level cache.
  size_t RowStride(size_t width) const;

 private:
  friend class EncoderLayout;
  friend class WeightPacker;
  PackedEncoder(Encoder encoder, const KernelSet& kernels)
      : encoder_(std::move(encoder)), kernels_(&kernels) {}

  Encoder encoder_;
  const KernelSet* kernels_;
  PageMemory memory_;
  std::vector<PackedLayer> layers_;
  std::optional<PackedNorm> embedding_norm_, final_norm_;
  std::vector<Rotary> rotaries_;
  Place relative_bias_ = 0;
  size_t relative_bias_floats_ = 0;  ///< Floats per head; 0 if there is no bias.
};

}  // namespace vetor
