// The values that the attention of all layers shares within one graph: masks, rotations, distances.
// Each value is emitted when the first layer asks for it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "encoder/encoder.h"
#include "exporter/graph/graph_builder.h"

namespace vetor {

class AttentionContext {
 public:
  /// `ids` and `mask` are int64 [batch, tokens]. The graph must outlive the context.
  AttentionContext(GraphBuilder* graph, Value ids, Value mask)
      : graph_(*graph), ids_(std::move(ids)), mask_(std::move(mask)) {}

  /// 0, 1, 2, ... as int64 [1, tokens]. They are made without Shape, which device providers send to
  /// the CPU.
  const Value& Positions();

  /// The mask that a layer of this kind adds to its scores: 0 at a token that is seen, float32's
  /// lowest number at one that is not. (It is finite, so that a row that sees nothing gives no
  /// NaN.) The shape is [batch, 1, 1, tokens], or [batch, 1, tokens, tokens] with a window or
  /// causal.
  Value Mask(bool causal, int window);

  /// Cosines and sines of every position, [1, 1, tokens, rotated_dim / 2].
  std::pair<Value, Value> Rotation(const Rotary& rotary);

  /// The encoder's bias by distance: [1, heads, tokens, tokens].
  const Value& DistanceBias(const RelativeBias& bias);

 private:
  Value Distances();  // j - i as int64 [tokens, tokens].
  Value Visible(bool causal, int window);

  GraphBuilder& graph_;
  Value ids_, mask_;
  Value positions_, distances_, distance_bias_;
  std::map<std::pair<bool, int>, Value> masks_;
  std::map<std::pair<std::vector<double>, double>, std::pair<Value, Value>> rotations_;
};

/// The bucket that MPNet and T5 give the distance j - i between query i and key j. There are
/// `buckets` buckets: half of them for either direction, and of these half by exact distance and
/// the others by its logarithm up to `max_distance` (Raffel et al. 2020, arXiv 1910.10683, section
/// 2.1).
int64_t DistanceBucket(int64_t distance, int64_t buckets, int64_t max_distance);

}  // namespace vetor
