// ModernBERT (Warner et al. 2024, arXiv 2412.13663), names and defaults as in transformers'
// ModernBertModel: norms before the branches, rotary positions, gated feed-forward, and two layers
// of three see only a window.
#include <cmath>
#include <string>

#include "encoder/families/family.h"
#include "encoder/families/layer_kinds.h"
#include "encoder/families/rotary.h"
#include "encoder/families/weight_reader.h"

namespace vetor {
namespace {

struct Sizes {
  int hidden, heads, head_dim, inner;
  double epsilon;
  Rotary global, local;
  int window;
  Bias attention_bias, mlp_bias, norm_bias;
};

Sizes ReadSizes(WeightReader* reader) {
  Sizes sizes{};
  sizes.hidden = reader->Int("hidden_size");
  sizes.heads = reader->Int("num_attention_heads");
  sizes.head_dim = reader->HeadDim(sizes.hidden, sizes.heads);
  sizes.inner = reader->Int("intermediate_size");
  sizes.epsilon = reader->Epsilon("norm_eps", 1e-5);
  const double global = RotaryTheta(reader, "full_attention", "global_rope_theta", 160000);
  sizes.global = PlainRotary(reader, global, sizes.head_dim);
  sizes.local = PlainRotary(
      reader, RotaryTheta(reader, "sliding_attention", "local_rope_theta", global), sizes.head_dim);
  sizes.window = reader->Int("local_attention", 128) / 2;
  sizes.attention_bias = reader->FlaggedBias("attention_bias", false);
  sizes.mlp_bias = reader->FlaggedBias("mlp_bias", false);
  sizes.norm_bias = reader->FlaggedBias("norm_bias", false);
  return sizes;
}

NormWeights ReadNorm(WeightReader* reader, const Sizes& sizes, const std::string& name) {
  return reader->LayerNorm(name, sizes.hidden, sizes.epsilon, sizes.norm_bias);
}

EncoderLayer ReadLayer(WeightReader* reader, const Sizes& sizes, const std::string& name,
                       bool windowed) {
  EncoderLayer layer;
  // The first layer's input is the embedding, normalised already.
  if (name != "layers.0") layer.attention_in_norm = ReadNorm(reader, sizes, name + ".attn_norm");
  AttentionWeights& attention = layer.attention;
  const LinearWeights fused =
      reader->Linear(name + ".attn.Wqkv", 3 * sizes.hidden, sizes.hidden, sizes.attention_bias);
  attention.query = reader->LinearRows(fused, 0, sizes.hidden);
  attention.key = reader->LinearRows(fused, sizes.hidden, sizes.hidden);
  attention.value = reader->LinearRows(fused, 2 * sizes.hidden, sizes.hidden);
  attention.output =
      reader->Linear(name + ".attn.Wo", sizes.hidden, sizes.hidden, sizes.attention_bias);
  attention.heads = attention.key_value_heads = sizes.heads;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<double>(sizes.head_dim));
  attention.rotary = windowed ? sizes.local : sizes.global;
  attention.window = LayerWindow(reader, windowed, sizes.window);
  layer.feed_forward_in_norm = ReadNorm(reader, sizes, name + ".mlp_norm");
  const LinearWeights in =
      reader->Linear(name + ".mlp.Wi", 2 * sizes.inner, sizes.hidden, sizes.mlp_bias);
  layer.feed_forward.gate = reader->LinearRows(in, 0, sizes.inner);
  layer.feed_forward.up = reader->LinearRows(in, sizes.inner, sizes.inner);
  layer.feed_forward.down =
      reader->Linear(name + ".mlp.Wo", sizes.hidden, sizes.inner, sizes.mlp_bias);
  layer.feed_forward.activation = reader->ReadActivation("hidden_activation", "gelu");
  return layer;
}

}  // namespace

Result<Encoder> ReadModernbert(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embeddings.tok_embeddings.weight");
  const Sizes sizes = ReadSizes(&reader);
  Encoder encoder;
  encoder.hidden_size = sizes.hidden;
  encoder.max_positions = reader.Int("max_position_embeddings", 8192);
  encoder.word = reader.Tensor(
      "embeddings.tok_embeddings.weight",
      {static_cast<uint64_t>(reader.Int("vocab_size")), static_cast<uint64_t>(sizes.hidden)});
  encoder.embedding_norm = ReadNorm(&reader, sizes, "embeddings.norm");
  const int layers = reader.Int("num_hidden_layers");
  const std::vector<bool> windowed =
      WindowedLayers(&reader, layers, reader.Int("global_attn_every_n_layers", 3), 0);
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(
        ReadLayer(&reader, sizes, "layers." + std::to_string(i), windowed[static_cast<size_t>(i)]));
  }
  encoder.final_norm = ReadNorm(&reader, sizes, "final_norm");
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
