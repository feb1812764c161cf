// Gemma 3's text model (Gemma team 2025, arXiv 2503.19786) as an encoder, as EmbeddingGemma is.
// Names and defaults as in transformers' Gemma3TextModel.
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
  double epsilon, scale;
  bool causal;
  Rotary global, local;
  int window;
};

Sizes ReadSizes(WeightReader* reader) {
  Sizes sizes{};
  sizes.hidden = reader->Int("hidden_size");
  sizes.heads = reader->Int("num_attention_heads");
  sizes.key_value_heads = reader->Int("num_key_value_heads", sizes.heads);
  sizes.head_dim = reader->Int("head_dim", 256);
  if (sizes.key_value_heads < 1 || sizes.heads % sizes.key_value_heads != 0) {
    reader->Fail(InvalidArgumentError(
        "config.json: " + std::to_string(sizes.heads) + " attention heads do not divide among " +
        std::to_string(sizes.key_value_heads) + " key and value heads"));
  }
  sizes.inner = reader->Int("intermediate_size");
  sizes.bias = reader->FlaggedBias("attention_bias", false);
  sizes.epsilon = reader->Epsilon("rms_norm_eps", 1e-6);
  sizes.scale = 1 / std::sqrt(reader->Number("query_pre_attn_scalar", 256, {1e-6, 1e9}));
  sizes.causal = !reader->Flag("use_bidirectional_attention", false);
  sizes.global = ScaledRotary(reader, RotaryTheta(reader, "full_attention", "rope_theta", 1e6),
                              sizes.head_dim);
  sizes.local =
      PlainRotary(reader, RotaryTheta(reader, "sliding_attention", "rope_local_base_freq", 1e4),
                  sizes.head_dim);
  // As in transformers: a causal layer sees keys less than sliding_window behind, a layer in both
  // directions sees keys at most half of it away.
  const int window = reader->Int("sliding_window", 4096);
  sizes.window = sizes.causal ? window - 1 : window / 2;
  return sizes;
}

NormWeights ReadNorm(WeightReader* reader, const std::string& name, int features, double epsilon) {
  NormWeights norm = reader->RmsNorm(name, features, epsilon);
  norm.weight_plus_one = true;
  return norm;
}

AttentionWeights ReadAttention(WeightReader* reader, const Sizes& sizes, const std::string& name,
                               bool windowed) {
  AttentionWeights attention;
  const int query_size = reader->Product(sizes.heads, sizes.head_dim);
  const int key_size = reader->Product(sizes.key_value_heads, sizes.head_dim);
  attention.query = reader->Linear(name + ".q_proj", query_size, sizes.hidden, sizes.bias);
  attention.key = reader->Linear(name + ".k_proj", key_size, sizes.hidden, sizes.bias);
  attention.value = reader->Linear(name + ".v_proj", key_size, sizes.hidden, sizes.bias);
  attention.output = reader->Linear(name + ".o_proj", sizes.hidden, query_size, sizes.bias);
  attention.query_norm = ReadNorm(reader, name + ".q_norm", sizes.head_dim, sizes.epsilon);
  attention.key_norm = ReadNorm(reader, name + ".k_norm", sizes.head_dim, sizes.epsilon);
  attention.rotary = windowed ? sizes.local : sizes.global;
  attention.heads = sizes.heads;
  attention.key_value_heads = sizes.key_value_heads;
  attention.head_dim = sizes.head_dim;
  attention.scale = sizes.scale;
  attention.causal = sizes.causal;
  attention.window = LayerWindow(reader, windowed, sizes.window);
  return attention;
}

EncoderLayer ReadLayer(WeightReader* reader, const Sizes& sizes, const std::string& name,
                       bool windowed) {
  const auto norm = [&](const std::string& part) {
    return ReadNorm(reader, name + part, sizes.hidden, sizes.epsilon);
  };
  EncoderLayer layer;
  layer.attention = ReadAttention(reader, sizes, name + ".self_attn", windowed);
  layer.attention_in_norm = norm(".input_layernorm");
  layer.attention_out_norm = norm(".post_attention_layernorm");
  layer.feed_forward_in_norm = norm(".pre_feedforward_layernorm");
  layer.feed_forward_out_norm = norm(".post_feedforward_layernorm");
  layer.feed_forward.gate =
      reader->Linear(name + ".mlp.gate_proj", sizes.inner, sizes.hidden, Bias::kNone);
  layer.feed_forward.up =
      reader->Linear(name + ".mlp.up_proj", sizes.inner, sizes.hidden, Bias::kNone);
  layer.feed_forward.down =
      reader->Linear(name + ".mlp.down_proj", sizes.hidden, sizes.inner, Bias::kNone);
  layer.feed_forward.activation = reader->ReadActivation("hidden_activation", "gelu_pytorch_tanh");
  return layer;
}

}  // namespace

Result<Encoder> ReadGemma3(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embed_tokens.weight");
  reader.Require("attn_logit_softcapping", nullptr);
  const Sizes sizes = ReadSizes(&reader);
  Encoder encoder;
  encoder.hidden_size = sizes.hidden;
  encoder.max_positions = reader.Int("max_position_embeddings");
  encoder.word = reader.Tensor(
      "embed_tokens.weight",
      {static_cast<uint64_t>(reader.Int("vocab_size")), static_cast<uint64_t>(sizes.hidden)});
  encoder.word_scale = std::sqrt(static_cast<double>(sizes.hidden));
  const int layers = reader.Int("num_hidden_layers");
  // The last of every six layers sees all tokens.
  const int period = reader.Int("sliding_window_pattern", 6);
  const std::vector<bool> windowed = WindowedLayers(&reader, layers, period, period - 1);
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(
        ReadLayer(&reader, sizes, "layers." + std::to_string(i), windowed[static_cast<size_t>(i)]));
  }
  encoder.final_norm = ReadNorm(&reader, "norm", sizes.hidden, sizes.epsilon);
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
