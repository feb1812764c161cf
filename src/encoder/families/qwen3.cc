// Qwen3 (Qwen team 2025, arXiv 2505.09388) as an encoder, as Qwen3-Embedding is: the decoder
// without its head. Names and defaults as in transformers' Qwen3Model.
#include <cmath>
#include <string>

#include "encoder/families/family.h"
#include "encoder/families/layer_kinds.h"
#include "encoder/families/rotary.h"
#include "encoder/families/weight_reader.h"

namespace vetor {
namespace {

struct Sizes {
  Bias bias;  // Whether attention has a bias; no other part has one.
  int hidden, heads, key_value_heads, head_dim, inner;
  double epsilon;
  Rotary rotary;
  int window;
};

Sizes ReadSizes(WeightReader* reader) {
  Sizes sizes{};
  sizes.hidden = reader->Int("hidden_size");
  sizes.heads = reader->Int("num_attention_heads");
  sizes.key_value_heads = reader->Int("num_key_value_heads", sizes.heads);
  sizes.head_dim = reader->Int("head_dim", 128);
  if (sizes.key_value_heads < 1 || sizes.heads % sizes.key_value_heads != 0) {
    reader->Fail(InvalidArgumentError(
        "config.json: " + std::to_string(sizes.heads) + " attention heads do not divide among " +
        std::to_string(sizes.key_value_heads) + " key and value heads"));
  }
  sizes.inner = reader->Int("intermediate_size");
  sizes.bias = reader->FlaggedBias("attention_bias", false);
  sizes.epsilon = reader->Epsilon("rms_norm_eps", 1e-6);
  sizes.rotary = ScaledRotary(reader, RotaryTheta(reader, "full_attention", "rope_theta", 10000),
                              sizes.head_dim);
  // As in transformers, a query sees keys less than sliding_window behind it.
  sizes.window = reader->Int("sliding_window", 4096) - 1;
  return sizes;
}

EncoderLayer ReadLayer(WeightReader* reader, const Sizes& sizes, const std::string& name,
                       bool windowed) {
  EncoderLayer layer;
  layer.attention_in_norm = reader->RmsNorm(name + ".input_layernorm", sizes.hidden, sizes.epsilon);
  AttentionWeights& attention = layer.attention;
  const std::string self = name + ".self_attn";
  const int query_size = reader->Product(sizes.heads, sizes.head_dim);
  const int key_size = reader->Product(sizes.key_value_heads, sizes.head_dim);
  attention.query = reader->Linear(self + ".q_proj", query_size, sizes.hidden, sizes.bias);
  attention.key = reader->Linear(self + ".k_proj", key_size, sizes.hidden, sizes.bias);
  attention.value = reader->Linear(self + ".v_proj", key_size, sizes.hidden, sizes.bias);
  attention.output = reader->Linear(self + ".o_proj", sizes.hidden, query_size, sizes.bias);
  attention.query_norm = reader->RmsNorm(self + ".q_norm", sizes.head_dim, sizes.epsilon);
  attention.key_norm = reader->RmsNorm(self + ".k_norm", sizes.head_dim, sizes.epsilon);
  attention.rotary = sizes.rotary;
  attention.heads = sizes.heads;
  attention.key_value_heads = sizes.key_value_heads;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<double>(sizes.head_dim));
  attention.causal = true;
  attention.window = LayerWindow(reader, windowed, sizes.window);
  layer.feed_forward_in_norm =
      reader->RmsNorm(name + ".post_attention_layernorm", sizes.hidden, sizes.epsilon);
  layer.feed_forward.gate =
      reader->Linear(name + ".mlp.gate_proj", sizes.inner, sizes.hidden, Bias::kNone);
  layer.feed_forward.up =
      reader->Linear(name + ".mlp.up_proj", sizes.inner, sizes.hidden, Bias::kNone);
  layer.feed_forward.down =
      reader->Linear(name + ".mlp.down_proj", sizes.hidden, sizes.inner, Bias::kNone);
  layer.feed_forward.activation = reader->ReadActivation("hidden_act", "silu");
  return layer;
}

}  // namespace

Result<Encoder> ReadQwen3(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embed_tokens.weight");
  // Without layer_types, a window applies to the layers from max_window_layers on. This is refused,
  // because no embedding model uses it.
  if (reader.Find("layer_types") == nullptr) reader.Require("use_sliding_window", false);
  const Sizes sizes = ReadSizes(&reader);
  Encoder encoder;
  encoder.hidden_size = sizes.hidden;
  encoder.max_positions = reader.Int("max_position_embeddings");
  encoder.word = reader.Tensor(
      "embed_tokens.weight",
      {static_cast<uint64_t>(reader.Int("vocab_size")), static_cast<uint64_t>(sizes.hidden)});
  const int layers = reader.Int("num_hidden_layers");
  const std::vector<bool> windowed = WindowedLayers(&reader, layers, 0, 0);
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(
        ReadLayer(&reader, sizes, "layers." + std::to_string(i), windowed[static_cast<size_t>(i)]));
  }
  encoder.final_norm = reader.RmsNorm("norm", sizes.hidden, sizes.epsilon);
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
