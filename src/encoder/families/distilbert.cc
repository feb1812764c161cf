// DistilBERT (Sanh et al. 2019, arXiv 1910.01108), names and defaults as in transformers'
// DistilBertModel: BERT without token types and with a fixed epsilon of the norms.
#include <cmath>
#include <string>

#include "encoder/families/family.h"
#include "encoder/families/weight_reader.h"

namespace vetor {
namespace {

constexpr double kEpsilon = 1e-12;

EncoderLayer ReadLayer(WeightReader* reader, int hidden, const std::string& name) {
  EncoderLayer layer;
  AttentionWeights& attention = layer.attention;
  attention.query = reader->Linear(name + ".attention.q_lin", hidden, hidden);
  attention.key = reader->Linear(name + ".attention.k_lin", hidden, hidden);
  attention.value = reader->Linear(name + ".attention.v_lin", hidden, hidden);
  attention.output = reader->Linear(name + ".attention.out_lin", hidden, hidden);
  attention.heads = attention.key_value_heads = reader->Int("n_heads");
  attention.head_dim = reader->HeadDim(hidden, attention.heads);
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.head_dim));
  layer.attention_after_norm = reader->LayerNorm(name + ".sa_layer_norm", hidden, kEpsilon);
  const int inner = reader->Int("hidden_dim");
  layer.feed_forward.up = reader->Linear(name + ".ffn.lin1", inner, hidden);
  layer.feed_forward.down = reader->Linear(name + ".ffn.lin2", hidden, inner);
  layer.feed_forward.activation = reader->ReadActivation("activation", "gelu");
  layer.feed_forward_after_norm = reader->LayerNorm(name + ".output_layer_norm", hidden, kEpsilon);
  return layer;
}

}  // namespace

Result<Encoder> ReadDistilbert(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embeddings.word_embeddings.weight");
  const int hidden = reader.Int("dim");
  const auto table = [&](const std::string& name, int rows) {
    return reader.Tensor("embeddings." + name + ".weight",
                         {static_cast<uint64_t>(rows), static_cast<uint64_t>(hidden)});
  };
  Encoder encoder;
  encoder.hidden_size = hidden;
  encoder.position_rule = PositionRule::kSequence;
  encoder.max_positions = reader.Int("max_position_embeddings");
  encoder.word = table("word_embeddings", reader.Int("vocab_size"));
  encoder.position = table("position_embeddings", encoder.max_positions);
  encoder.embedding_norm = reader.LayerNorm("embeddings.LayerNorm", hidden, kEpsilon);
  const int layers = reader.Int("n_layers");
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(ReadLayer(&reader, hidden, "transformer.layer." + std::to_string(i)));
  }
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
