#include "random_encoder.h"

#include <cmath>

namespace vetor {

TensorView RandomTensors::Make(const std::string& name, std::vector<uint64_t> shape,
                               double deviation, double mean) {
  uint64_t count = 1;
  for (const uint64_t dim : shape) count *= dim;
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(normal(engine_));
  return FromValues(name, std::move(shape), values);
}

TensorView RandomTensors::FromValues(const std::string& name, std::vector<uint64_t> shape,
                                     const std::vector<float>& values) {
  storage_.push_back(values);
  TensorView view;
  view.name = name;
  view.shape = std::move(shape);
  view.bytes = std::string_view(reinterpret_cast<const char*>(storage_.back().data()),
                                storage_.back().size() * sizeof(float));
  return view;
}

LinearWeights RandomTensors::Linear(const std::string& name, uint64_t outputs, uint64_t inputs) {
  return {Make(name + ".weight", {outputs, inputs}, 0.15), Make(name + ".bias", {outputs}, 0.1)};
}

NormWeights RandomTensors::LayerNorm(const std::string& name, uint64_t features) {
  NormWeights norm;
  norm.weight = Make(name + ".weight", {features}, 0.1, 1);
  norm.bias = Make(name + ".bias", {features}, 0.1);
  return norm;
}

Encoder RandomBert(RandomTensors& tensors, int layers) {
  constexpr uint64_t kHidden = 16;
  constexpr uint64_t kInner = 24;
  Encoder encoder;
  encoder.family = "bert";
  encoder.hidden_size = kHidden;
  encoder.max_positions = 32;
  encoder.word = tensors.Make("word", {40, kHidden}, 0.5);
  encoder.position_rule = PositionRule::kSequence;
  encoder.position = tensors.Make("position", {32, kHidden}, 0.2);
  encoder.token_type = tensors.Make("type", {2, kHidden}, 0.2);
  encoder.token_type_input = true;
  encoder.embedding_norm = tensors.LayerNorm("embedding_norm", kHidden);
  for (int i = 0; i < layers; ++i) {
    EncoderLayer layer;
    layer.attention.query = tensors.Linear("query", kHidden, kHidden);
    layer.attention.key = tensors.Linear("key", kHidden, kHidden);
    layer.attention.value = tensors.Linear("value", kHidden, kHidden);
    layer.attention.output = tensors.Linear("output", kHidden, kHidden);
    layer.attention.heads = layer.attention.key_value_heads = 4;
    layer.attention.head_dim = kHidden / 4;
    layer.attention.scale = 0.5;
    layer.attention_after_norm = tensors.LayerNorm("attention_norm", kHidden);
    layer.feed_forward.up = tensors.Linear("up", kInner, kHidden);
    layer.feed_forward.down = tensors.Linear("down", kHidden, kInner);
    layer.feed_forward_after_norm = tensors.LayerNorm("feed_forward_norm", kHidden);
    encoder.layers.push_back(layer);
  }
  return encoder;
}

}  // namespace vetor
