#include "exporter/graph/attention_context.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exporter/graph/weight_source.h"

namespace vetor {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

}  // namespace

const Value& AttentionContext::Positions() {
  if (positions_.empty()) {
    graph_.SetScope("positions");
    const Value row = graph_.Slice(ids_, 0, 0, 1);
    const Value zeros = graph_.Op("Mul", {row, graph_.Integer(0)});
    const Value ones = graph_.Op("Add", {zeros, graph_.Integer(1)});
    positions_ = graph_.Op("CumSum", {ones, graph_.Integer(1)}, {{"exclusive", int64_t{1}}});
  }
  return positions_;
}

Value AttentionContext::Distances() {
  if (distances_.empty()) {
    const Value keys = Positions();
    const Value queries = graph_.Transpose(keys, {1, 0});
    distances_ = graph_.Op("Sub", {keys, queries});
  }
  return distances_;
}

// Whether query i sees key j, judged only by their places: bool [tokens, tokens].
Value AttentionContext::Visible(bool causal, int window) {
  const Value distances = Distances();
  Value visible;
  if (window > 0) {
    visible =
        graph_.Op("LessOrEqual", {graph_.Op("Abs", {distances}), graph_.Integer(int64_t{window})});
  }
  if (causal) {
    const Value behind = graph_.Op("LessOrEqual", {distances, graph_.Integer(0)});
    visible = visible.empty() ? behind : graph_.Op("And", {visible, behind});
  }
  return visible;
}

Value AttentionContext::Mask(bool causal, int window) {
  Value& mask = masks_[{causal, window}];
  if (!mask.empty()) return mask;
  if (!causal && window == 0) {
    graph_.SetScope("mask");
    const Value present = graph_.Cast(graph_.Unsqueeze(mask_, {1, 2}), OnnxElement::kFloat);
    const Value absent = graph_.Op("Sub", {graph_.Scalar(1), present});
    mask = graph_.Op("Mul", {absent, graph_.Scalar(kLowest)});
    return mask;
  }
  const Value visible = Visible(causal, window);
  graph_.SetScope("mask");
  const Value present = graph_.Cast(graph_.Unsqueeze(mask_, {1, 2}), OnnxElement::kBool);
  const Value seen = graph_.Op("And", {present, visible});
  mask = graph_.Op("Where", {seen, graph_.Scalar(0), graph_.Scalar(kLowest)});
  return mask;
}

std::pair<Value, Value> AttentionContext::Rotation(const Rotary& rotary) {
  auto& rotation = rotations_[{rotary.inverse_frequencies, rotary.attention_factor}];
  if (!rotation.first.empty()) return rotation;
  const Value positions = graph_.Cast(Positions(), OnnxElement::kFloat);
  graph_.SetScope("rotation");
  const std::vector<float> frequencies(rotary.inverse_frequencies.begin(),
                                       rotary.inverse_frequencies.end());
  const auto half = static_cast<int64_t>(frequencies.size());
  const Value weight = graph_.Weight(FloatWeight(
      "rotation." + std::to_string(rotations_.size()) + ".frequencies", {half}, frequencies));
  const Value angles = graph_.Op("Mul", {graph_.Unsqueeze(positions, {1, 3}), weight});
  rotation = {graph_.Op("Cos", {angles}), graph_.Op("Sin", {angles})};
  if (rotary.attention_factor != 1) {
    const Value factor = graph_.Scalar(static_cast<float>(rotary.attention_factor));
    rotation.first = graph_.Op("Mul", {rotation.first, factor});
    rotation.second = graph_.Op("Mul", {rotation.second, factor});
  }
  return rotation;
}

const Value& AttentionContext::DistanceBias(const RelativeBias& bias) {
  if (!distance_bias_.empty()) return distance_bias_;
  // The bucket of every distance is known beforehand and does not change beyond max_distance, so a
  // table of 2 max_distance + 1 rows replaces logarithms in the graph.
  const auto heads = static_cast<int64_t>(bias.table.shape[1]);
  const int64_t far = bias.max_distance;
  const std::vector<float> table = ToFloats(bias.table);
  std::vector<float> by_distance;
  for (int64_t distance = -far; distance <= far; ++distance) {
    const int64_t bucket = DistanceBucket(distance, static_cast<int64_t>(bias.table.shape[0]), far);
    const auto row = table.begin() + bucket * heads;
    by_distance.insert(by_distance.end(), row, row + heads);
  }
  const Value distances = Distances();
  graph_.SetScope("distance_bias");
  const Value weight = graph_.Weight(
      FloatWeight("distance_bias.weight", {2 * far + 1, heads}, std::move(by_distance)));
  const Value near = graph_.Op("Clip", {distances, graph_.Integer(-far), graph_.Integer(far)});
  const Value rows = graph_.Op("Add", {near, graph_.Integer(far)});
  const Value values = graph_.Op("Gather", {weight, rows});  // [tokens, tokens, heads]
  distance_bias_ = graph_.Unsqueeze(graph_.Transpose(values, {2, 0, 1}), {0});
  return distance_bias_;
}

int64_t DistanceBucket(int64_t distance, int64_t buckets, int64_t max_distance) {
  const int64_t half = buckets / 2;
  const int64_t exact = half / 2;
  const int64_t offset = distance > 0 ? half : 0;
  const int64_t far = std::abs(distance);
  if (far < exact) return offset + far;
  // Computed in float32, as the model was trained: at powers of two the rounding decides.
  const float ratio =
      std::log(static_cast<float>(far) / static_cast<float>(exact)) /
      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const auto steps = static_cast<int64_t>(ratio * static_cast<float>(half - exact));
  return offset + std::min(half - 1, exact + steps);
}

}  // namespace vetor
