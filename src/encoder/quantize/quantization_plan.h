// What the quantiser knows about each linear layer of an encoder before it touches the weights.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/quantize/quantized_weights.h"
#include "encoder/reference/reference_pass.h"

namespace vetor {

enum class Int8Scheme {
  /// A scale and an offset for every token, in standard operators: a text's vector does not depend
  /// on its batch.
  kPerRow,
  /// DynamicQuantizeLinear, one scale for the whole batch, which ONNX Runtime fuses into one node.
  /// It is faster there, but a vector depends on its batch mates and on padding.
  kPerTensor,
};

struct Int8Settings {
  Int8Scheme scheme = Int8Scheme::kPerRow;

  /// 7-bit weights. x86 processors without VNNI (before Cascade Lake and Zen 4) multiply U8 by S8
  /// with vpmaddubsw, which adds two products in 16 bits and saturates: 2 * 255 * 127 does not fit,
  /// 2 * 255 * 63 does. Off by default: the same processors give the right sums, more slowly, when
  /// the session sets `session.x64quantprecision` to 1, and 7 bits cost accuracy everywhere.
  bool reduce_range = false;

  int threads = 1;
};

/// How one input of linear layers is treated.
struct InputPlan {
  LinearInput input;
  /// Lower bound of this input, known from the activation that makes it. If it is set, only the
  /// largest value of each token is looked for; otherwise the smallest and the largest.
  std::optional<float> lowest;
};

/// Channels of an input that stay in float.
inline constexpr size_t kExactChannels = 4;

/// Maps a layer's weights to its plan. Immutable. The encoder that it was made from must outlive
/// it.
class QuantizationPlan {
 public:
  /// Smoothing for the inputs of query/key/value and up/gate; the largest outliers of down's input
  /// exact (kExactChannels); the mean error of the rounding corrected everywhere.
  /// `statistics`: as ObserveInputs gives them for `encoder`; empty: neither smoothing nor
  /// correction.
  static QuantizationPlan Make(const Encoder& encoder,
                               const std::vector<LayerStatistics>& statistics);

  /// The plan of the layers that read one input, by the first one's weight. A weight that is not of
  /// the encoder's layers gets an empty plan.
  const InputPlan& Find(const LinearWeights& first) const;

 private:
  std::unordered_map<const char*, InputPlan> plans_;  // By the weight's bytes.
  InputPlan nothing_;
};

/// The least value of an activation, which gelu has at -0.7518 and silu at -1.2785.
float LowestOutput(Activation activation);

}  // namespace vetor
