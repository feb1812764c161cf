// MPNet (Song et al. 2020, arXiv 2004.09297), names and defaults as in transformers' MPNetModel.
// BERT's layers, positions as RoBERTa's, and a bias by distance that all layers share.
#include <cmath>
#include <string>

#include "encoder/families/family.h"
#include "encoder/families/weight_reader.h"
#include "encoder/position_offset.h"

namespace vetor {
namespace {

// MPNetEmbeddings counts positions from this id on, whatever config.json's pad_token_id says.
constexpr int kPadding = FindPositionOffset("mpnet")->padding;

EncoderLayer ReadLayer(WeightReader* reader, int hidden, double epsilon, const std::string& name) {
  EncoderLayer layer;
  AttentionWeights& attention = layer.attention;
  attention.query = reader->Linear(name + ".attention.attn.q", hidden, hidden);
  attention.key = reader->Linear(name + ".attention.attn.k", hidden, hidden);
  attention.value = reader->Linear(name + ".attention.attn.v", hidden, hidden);
  attention.output = reader->Linear(name + ".attention.attn.o", hidden, hidden);
  attention.heads = attention.key_value_heads = reader->Int("num_attention_heads");
  attention.head_dim = reader->HeadDim(hidden, attention.heads);
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.head_dim));
  layer.attention_after_norm = reader->LayerNorm(name + ".attention.LayerNorm", hidden, epsilon);
  const int inner = reader->Int("intermediate_size");
  layer.feed_forward.up = reader->Linear(name + ".intermediate.dense", inner, hidden);
  layer.feed_forward.down = reader->Linear(name + ".output.dense", hidden, inner);
  layer.feed_forward.activation = reader->ReadActivation("hidden_act", "gelu");
  layer.feed_forward_after_norm = reader->LayerNorm(name + ".output.LayerNorm", hidden, epsilon);
  return layer;
}

}  // namespace

Result<Encoder> ReadMpnet(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embeddings.word_embeddings.weight");
  const int hidden = reader.Int("hidden_size");
  const double epsilon = reader.Epsilon("layer_norm_eps", 1e-12);
  const int rows = reader.Int("max_position_embeddings");
  const auto table = [&](const std::string& name, int height, int width) {
    return reader.Tensor(name + ".weight",
                         {static_cast<uint64_t>(height), static_cast<uint64_t>(width)});
  };
  Encoder encoder;
  encoder.hidden_size = hidden;
  encoder.position_rule = PositionRule::kAfterPadding;
  encoder.pad_token_id = kPadding;
  encoder.max_positions = rows - kPadding - 1;
  encoder.word = table("embeddings.word_embeddings", reader.Int("vocab_size"), hidden);
  encoder.position = table("embeddings.position_embeddings", rows, hidden);
  encoder.embedding_norm = reader.LayerNorm("embeddings.LayerNorm", hidden, epsilon);
  encoder.relative_bias =
      RelativeBias{.table = table("encoder.relative_attention_bias",
                                  reader.Int("relative_attention_num_buckets", 32),
                                  reader.Int("num_attention_heads"))};
  const int layers = reader.Int("num_hidden_layers");
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(
        ReadLayer(&reader, hidden, epsilon, "encoder.layer." + std::to_string(i)));
  }
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
