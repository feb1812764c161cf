// Nomic's BERT (Nussbaum et al. 2024, arXiv 2402.01613): BERT with rotary positions and a gated
// feed-forward. Names and config keys as in the code that comes with nomic-embed-text-v1.5.
#include <algorithm>
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
  double epsilon;
  Rotary rotary;
  Bias attention_bias, up_bias, down_bias;
};

void RefuseVariants(WeightReader* reader) {
  for (const char* key :
       {"prenorm", "causal", "parallel_block", "use_rms_norm", "rotary_emb_interleaved"}) {
    reader->Require(key, false);
  }
  reader->Require("rotary_emb_scale_base", nullptr);
  reader->Require("num_experts", 0);
}

Sizes ReadSizes(WeightReader* reader) {
  Sizes sizes{};
  sizes.hidden = reader->Int("n_embd");
  sizes.heads = reader->Int("n_head");
  sizes.head_dim = reader->HeadDim(sizes.hidden, sizes.heads);
  sizes.inner = reader->Int("n_inner", 4 * sizes.hidden);
  sizes.epsilon = reader->Epsilon("layer_norm_epsilon", 1e-12);
  sizes.attention_bias = reader->FlaggedBias("qkv_proj_bias", true);
  sizes.up_bias = reader->FlaggedBias("mlp_fc1_bias", true);
  sizes.down_bias = reader->FlaggedBias("mlp_fc2_bias", true);
  const double fraction = reader->Number("rotary_emb_fraction", 0, {0, 1});
  if (fraction <= 0) {
    reader->Fail(UnimplementedError(
        "config.json: rotary_emb_fraction is 0; only rotary positions can be exported"));
  }
  const auto rotated = static_cast<int>(fraction * sizes.head_dim);
  sizes.rotary =
      PlainRotary(reader, reader->Number("rotary_emb_base", 10000, kThetaRange), rotated);
  return sizes;
}

// fc2(fc11(x) * activation(fc12(x)))
FeedForwardWeights ReadFeedForward(WeightReader* reader, const Sizes& sizes,
                                   const std::string& name) {
  FeedForwardWeights weights;
  weights.up = reader->Linear(name + ".fc11", sizes.inner, sizes.hidden, sizes.up_bias);
  weights.gate = reader->Linear(name + ".fc12", sizes.inner, sizes.hidden, sizes.up_bias);
  weights.down = reader->Linear(name + ".fc2", sizes.hidden, sizes.inner, sizes.down_bias);
  const std::string activation = reader->Text("activation_function", "swiglu");
  if (activation != "swiglu" && activation != "geglu") {
    reader->Fail(UnimplementedError(
        "config.json: activation " + Quoted(activation) +
        " (\"activation_function\") is not known for nomic_bert; expected swiglu or geglu"));
  }
  weights.activation = activation == "geglu" ? Activation::kGelu : Activation::kSilu;
  return weights;
}

EncoderLayer ReadLayer(WeightReader* reader, const Sizes& sizes, const std::string& name) {
  EncoderLayer layer;
  AttentionWeights& attention = layer.attention;
  const LinearWeights fused =
      reader->Linear(name + ".attn.Wqkv", 3 * sizes.hidden, sizes.hidden, sizes.attention_bias);
  attention.query = reader->LinearRows(fused, 0, sizes.hidden);
  attention.key = reader->LinearRows(fused, sizes.hidden, sizes.hidden);
  attention.value = reader->LinearRows(fused, 2 * sizes.hidden, sizes.hidden);
  attention.output =
      reader->Linear(name + ".attn.out_proj", sizes.hidden, sizes.hidden, sizes.attention_bias);
  attention.heads = attention.key_value_heads = sizes.heads;
  attention.head_dim = sizes.head_dim;
  attention.scale = 1 / std::sqrt(static_cast<double>(sizes.head_dim));
  attention.rotary = sizes.rotary;
  layer.attention_after_norm = reader->LayerNorm(name + ".norm1", sizes.hidden, sizes.epsilon);
  layer.feed_forward = ReadFeedForward(reader, sizes, name + ".mlp");
  layer.feed_forward_after_norm = reader->LayerNorm(name + ".norm2", sizes.hidden, sizes.epsilon);
  return layer;
}

}  // namespace

Result<Encoder> ReadNomicBert(const Checkpoint& checkpoint) {
  WeightReader reader(checkpoint, "embeddings.word_embeddings.weight");
  RefuseVariants(&reader);
  const Sizes sizes = ReadSizes(&reader);
  const auto width = static_cast<uint64_t>(sizes.hidden);
  Encoder encoder;
  encoder.hidden_size = sizes.hidden;
  encoder.max_positions = reader.Int("n_positions");
  // Beyond the training length the frequencies change with the length of the text, which is not
  // supported here.
  if (reader.Find("rotary_scaling_factor") != nullptr) {
    encoder.max_positions =
        std::min(encoder.max_positions, reader.Int("max_trained_positions", 2048));
  }
  // The table is padded to a round number of rows.
  const int multiple = std::max(1, reader.Int("pad_vocab_size_multiple", 1));
  const int rows = (reader.Int("vocab_size") + multiple - 1) / multiple * multiple;
  encoder.word =
      reader.Tensor("embeddings.word_embeddings.weight", {static_cast<uint64_t>(rows), width});
  const int types = reader.Int("type_vocab_size", 0);
  if (types > 0) {
    encoder.token_type = reader.Tensor("embeddings.token_type_embeddings.weight",
                                       {static_cast<uint64_t>(types), width});
  }
  encoder.embedding_norm = reader.LayerNorm("emb_ln", sizes.hidden, sizes.epsilon);
  const int layers = reader.Int("n_layer");
  for (int i = 0; i < layers && reader.status().ok(); ++i) {
    encoder.layers.push_back(ReadLayer(&reader, sizes, "encoder.layers." + std::to_string(i)));
  }
  if (!reader.status().ok()) return reader.status();
  return encoder;
}

}  // namespace vetor
