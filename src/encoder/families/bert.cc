// BERT (Devlin et al. 2018, arXiv 1810.04805) and RoBERTa (Liu et al. 2019, arXiv 1907.11692),
// names and defaults as in transformers' BertModel and RobertaModel. The vocabulary does not belong
// to the family: paraphrase-multilingual-MiniLM is a BertModel with the vocabulary of XLM-RoBERTa.
#include <cmath>
#include <string>

#include "encoder/families/family.h"
#include "encoder/families/weight_reader.h"
#include "encoder/position_offset.h"

namespace vetor {
namespace {

struct BertSizes {
  int hidden, heads, head_dim, inner;
  double epsilon;
};

BertSizes ReadSizes(WeightReader* reader, double default_epsilon) {
  BertSizes sizes{};
  sizes.hidden = reader->Int("hidden_size");
  sizes.heads = reader->Int("num_attention_heads");
  sizes.head_dim = reader->HeadDim(sizes.hidden, sizes.heads);
  sizes.inner = reader->Int("intermediate_size");
  sizes.epsilon = reader->Epsilon("layer_norm_eps", default_epsilon);
  return sizes;
}

EncoderLayer ReadLayer(WeightReader* reader, const BertSizes& sizes, const std::string& name) {
  const auto linear = [&](const std::string& part, int out, int in) {
    return reader->Linear(name + part, out, in);
  };
  EncoderLayer layer;
  AttentionWeights& attention = layer.attention;
  attention.query = linear(".attention.self.query", sizes.hidden, sizes.hidden);
  attention.key = linear(".attention.self.key", sizes.hidden, sizes.hidden);
  attention.value = linear(".attention.self.value", sizes.hidden, sizes.hidden);
  attention.output = linear(".attention.output.dense", sizes.hidden, sizes.hidden);
  attention.heads = attention.key_value_heads = sizes.heads;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<double>(sizes.head_dim));
  layer.attention_after_norm =
      reader->LayerNorm(name + ".attention.output.LayerNorm", sizes.hidden, sizes.epsilon);
  layer.feed_forward.up = linear(".intermediate.dense", sizes.inner, sizes.hidden);
  layer.feed_forward.down = linear(".output.dense", sizes.hidden, sizes.inner);
  layer.feed_forward.activation = reader->ReadActivation("hidden_act", "gelu");
  layer.feed_forward_after_norm =
      reader->LayerNorm(name + ".output.LayerNorm", sizes.hidden, sizes.epsilon);
  return layer;
}

Encoder ReadLayers(WeightReader* reader, double default_epsilon) {
  reader->Require("position_embedding_type", "absolute");
  reader->Require("is_decoder", false);
  const BertSizes sizes = ReadSizes(reader, default_epsilon);
  const auto table = [&](const std::string& name, int rows) {
    return reader->Tensor("embeddings." + name + ".weight",
                          {static_cast<uint64_t>(rows), static_cast<uint64_t>(sizes.hidden)});
  };
  Encoder encoder;
  encoder.hidden_size = sizes.hidden;
  encoder.max_positions = reader->Int("max_position_embeddings");
  encoder.word = table("word_embeddings", reader->Int("vocab_size"));
  encoder.position = table("position_embeddings", encoder.max_positions);
  encoder.token_type = table("token_type_embeddings", reader->Int("type_vocab_size", 2));
  encoder.embedding_norm = reader->LayerNorm("embeddings.LayerNorm", sizes.hidden, sizes.epsilon);
  const int layers = reader->Int("num_hidden_layers");
  for (int i = 0; i < layers && reader->status().ok(); ++i) {
    encoder.layers.push_back(ReadLayer(reader, sizes, "encoder.layer." + std::to_string(i)));
  }
  return encoder;
}

constexpr const char* kWordTable = "embeddings.word_embeddings.weight";

}  // namespace

Result<Encoder> ReadBert(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, kWordTable);
  Encoder encoder = ReadLayers(&reader, 1e-12);
  encoder.position_rule = PositionRule::kSequence;
  encoder.token_type_input = true;
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

Result<Encoder> ReadRoberta(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, kWordTable);
  Encoder encoder = ReadLayers(&reader, 1e-12);
  encoder.position_rule = PositionRule::kAfterPadding;
  encoder.pad_token_id = reader.Int("pad_token_id", 1);
  encoder.max_positions -=
      static_cast<int>(FirstPosition(reader.Text("model_type", "roberta"), encoder.pad_token_id));
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
