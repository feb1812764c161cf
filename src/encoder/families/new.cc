// "NewModel" (Zhang et al. 2024, arXiv 2407.19669): gte-*-en-v1.5 and gte-multilingual-base. BERT
// with rotary positions, or learnt ones, and a gated feed-forward. Names and config keys as in the
// code that comes with those models.
#include <cmath>
#include <string>

#include "base/terminal_text.h"
#include "encoder/families/family.h"
#include "encoder/families/rotary.h"
#include "encoder/families/weight_reader.h"

namespace vetor {
namespace {

struct Sizes {
  int hidden, heads, head_dim, inner;
  std::optional<Rotary> rotary;
};

NormWeights ReadNorm(WeightReader* reader, const std::string& name, int hidden) {
  const double epsilon = reader->Epsilon("layer_norm_eps", 1e-12);
  const std::string type = reader->Text("layer_norm_type", "layer_norm");
  if (type == "rms_norm") return reader->RmsNorm(name, hidden, epsilon);
  if (type != "layer_norm") {
    reader->Fail(UnimplementedError("config.json: layer_norm_type " + Quoted(type) +
                                    " is not known; expected layer_norm or rms_norm"));
  }
  return reader->LayerNorm(name, hidden, epsilon);
}

EncoderLayer ReadLayer(WeightReader* reader, const Sizes& sizes, const std::string& name) {
  EncoderLayer layer;
  AttentionWeights& attention = layer.attention;
  const int hidden = sizes.hidden;
  if (reader->Flag("pack_qkv", true)) {
    const LinearWeights fused = reader->Linear(name + ".attention.qkv_proj", 3 * hidden, hidden);
    attention.query = reader->LinearRows(fused, 0, hidden);
    attention.key = reader->LinearRows(fused, hidden, hidden);
    attention.value = reader->LinearRows(fused, 2 * hidden, hidden);
  } else {
    attention.query = reader->Linear(name + ".attention.q_proj", hidden, hidden);
    attention.key = reader->Linear(name + ".attention.k_proj", hidden, hidden);
    attention.value = reader->Linear(name + ".attention.v_proj", hidden, hidden);
  }
  attention.output = reader->Linear(name + ".attention.o_proj", hidden, hidden);
  attention.heads = attention.key_value_heads = sizes.heads;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<double>(sizes.head_dim));
  attention.rotary = sizes.rotary;
  layer.attention_after_norm = ReadNorm(reader, name + ".attn_ln", hidden);
  const LinearWeights in =
      reader->Linear(name + ".mlp.up_gate_proj", 2 * sizes.inner, hidden, Bias::kNone);
  layer.feed_forward.up = reader->LinearRows(in, 0, sizes.inner);
  layer.feed_forward.gate = reader->LinearRows(in, sizes.inner, sizes.inner);
  layer.feed_forward.down = reader->Linear(name + ".mlp.down_proj", hidden, sizes.inner);
  layer.feed_forward.activation = reader->ReadActivation("hidden_act", "gelu");
  layer.feed_forward_after_norm = ReadNorm(reader, name + ".mlp_ln", hidden);
  return layer;
}

void ReadPositions(WeightReader* reader, Sizes* sizes, Encoder* encoder) {
  const std::string type = reader->Text("position_embedding_type", "rope");
  encoder->max_positions = reader->Int("max_position_embeddings");
  if (type == "rope") {
    sizes->rotary =
        ScaledRotary(reader, reader->Number("rope_theta", 10000, kThetaRange), sizes->head_dim);
  } else if (type == "absolute") {
    encoder->position_rule = PositionRule::kSequence;
    encoder->position = reader->Tensor(
        "embeddings.position_embeddings.weight",
        {static_cast<uint64_t>(encoder->max_positions), static_cast<uint64_t>(sizes->hidden)});
  } else {
    reader->Fail(UnimplementedError("config.json: position_embedding_type " + Quoted(type) +
                                    " is not known; expected rope or absolute"));
  }
}

}  // namespace

Result<Encoder> ReadNew(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embeddings.word_embeddings.weight");
  reader.Require("logn_attention_scale", false);
  Sizes sizes{};
  sizes.hidden = reader.Int("hidden_size");
  sizes.heads = reader.Int("num_attention_heads");
  sizes.head_dim = reader.HeadDim(sizes.hidden, sizes.heads);
  sizes.inner = reader.Int("intermediate_size");
  const auto width = static_cast<uint64_t>(sizes.hidden);
  Encoder encoder;
  encoder.hidden_size = sizes.hidden;
  ReadPositions(&reader, &sizes, &encoder);
  encoder.word = reader.Tensor("embeddings.word_embeddings.weight",
                               {static_cast<uint64_t>(reader.Int("vocab_size")), width});
  const int types = reader.Int("type_vocab_size", 1);
  if (types > 0) {
    encoder.token_type = reader.Tensor("embeddings.token_type_embeddings.weight",
                                       {static_cast<uint64_t>(types), width});
  }
  encoder.embedding_norm = ReadNorm(&reader, "embeddings.LayerNorm", sizes.hidden);
  const int layers = reader.Int("num_hidden_layers");
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(ReadLayer(&reader, sizes, "encoder.layer." + std::to_string(i)));
  }
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
