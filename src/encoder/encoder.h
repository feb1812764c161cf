// The one shape that every supported encoder has, whatever its family calls its parts. A family
// reads it from a checkpoint; the forward pass, the graph, the reference pass and the quantiser
// work on it.
//
// x = embedding_norm(word[ids] * word_scale + position[p(ids)] + token_type[types])
// each layer:
//   a = attention(attention_in_norm(x));  x = attention_after_norm(x + attention_out_norm(a))
//   f = feed_forward(feed_forward_in_norm(x))
//   x = feed_forward_after_norm(x + feed_forward_out_norm(f))
// last_hidden_state = final_norm(x)
//
// A norm that a family does not have is absent and means the identity: post-LN models (BERT) have
// only the *_after_norm, pre-LN models (ModernBERT, Qwen3) only the *_in_norm, Gemma3 *_in_norm and
// *_out_norm.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoder/checkpoint.h"
#include "formats/tensor_view.h"

namespace vetor {

/// y = x Wt + b. Whoever reads W reads it through linear_reader.h, which knows how it lies.
struct LinearWeights {
  TensorView weight;  ///< [out_features, in_features] as PyTorch stores it, unless `by_input`.
  TensorView bias;    ///< [out_features], or empty.
  /// The weight lies as a graph's MatMul has it, [in_features, columns]: outputs are its columns
  /// from `first_column` on.
  bool by_input = false;
  uint64_t first_column = 0;
  uint64_t column_count = 0;  ///< Only meant with `by_input`.

  uint64_t outputs() const { return by_input ? column_count : weight.shape[0]; }
  uint64_t inputs() const { return by_input ? weight.shape[0] : weight.shape[1]; }
};

enum class NormKind { kLayerNorm, kRmsNorm };

struct NormWeights {
  NormKind kind = NormKind::kLayerNorm;
  TensorView weight;             ///< [features]; empty: ones.
  TensorView bias;               ///< [features], or empty.
  bool weight_plus_one = false;  ///< Gemma: the factor is 1 + weight.
  double epsilon = 1e-12;
};

/// gelu = erf; gelu_tanh = the tanh formula ("gelu_new", "gelu_fast", "gelu_pytorch_tanh").
enum class Activation { kGelu, kGeluTanh, kRelu, kSilu, kQuickGelu };

/// Rotary position embedding, the halves variant: (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin).
struct Rotary {
  double theta = 10000;
  int rotated_dim = 0;  ///< The first components of a head, which are rotated; the others are not.
  std::vector<double> inverse_frequencies;  ///< [rotated_dim / 2], scaling already applied.
  double attention_factor = 1;              ///< Multiplies cos and sin.
};

struct AttentionWeights {
  LinearWeights query, key, value, output;
  std::optional<NormWeights> query_norm, key_norm;  ///< Per head, before the rotation.
  std::optional<Rotary> rotary;
  int heads = 0;
  int key_value_heads = 0;  ///< Fewer than heads: each serves heads / key_value_heads of them.
  int head_dim = 0;
  double scale = 0;  ///< Multiplies query * key.
  bool causal = false;
  /// Token i sees j only if |i - j| <= window (causal: also j <= i); 0: all tokens.
  int window = 0;
};

/// down(activation(up x)), or with a gate down(activation(gate x) * up x).
struct FeedForwardWeights {
  LinearWeights up, down;
  std::optional<LinearWeights> gate;
  Activation activation = Activation::kGelu;
};

struct EncoderLayer {
  std::optional<NormWeights> attention_in_norm, attention_out_norm, attention_after_norm;
  AttentionWeights attention;
  std::optional<NormWeights> feed_forward_in_norm, feed_forward_out_norm, feed_forward_after_norm;
  FeedForwardWeights feed_forward;
};

enum class PositionRule {
  kNone,
  kSequence,      ///< 0, 1, 2, ... along the row (BERT, DistilBERT)
  kAfterPadding,  ///< m = ids != pad; cumsum(m) * m + pad (RoBERTa, MPNet)
};

/// MPNet's bias by distance, the same in all layers, added to the scaled scores.
struct RelativeBias {
  TensorView table;  ///< [buckets, heads]
  int max_distance = 128;
  /// As an exported graph has it: [2 * max_distance + 1, heads], a row per distance from
  /// -max_distance on, and what is further away is as far as that.
  bool by_distance = false;
};

struct Encoder {
  std::string family;  ///< "bert", "xlm-roberta", ..., for reports.
  int hidden_size = 0;
  int max_positions = 0;     ///< Longest row in tokens that the positions allow.
  int64_t pad_token_id = 0;  ///< Used only for kAfterPadding.

  TensorView word;        ///< [vocabulary, hidden]
  double word_scale = 1;  ///< Gemma: sqrt(hidden).
  PositionRule position_rule = PositionRule::kNone;
  TensorView position;            ///< [rows, hidden], or empty.
  TensorView token_type;          ///< [types, hidden], or empty.
  bool token_type_input = false;  ///< False: row 0 of token_type is added to every token.
  std::optional<NormWeights> embedding_norm;
  std::optional<RelativeBias> relative_bias;
  std::vector<EncoderLayer> layers;
  std::optional<NormWeights> final_norm;

  /// Tensors of the checkpoint that the encoder does not use, by part: "cls.predictions (5
  /// tensors)". A task's head, a pooler; also what transformers would call unexpected.
  std::vector<std::string> left_out;
  /// Layers of the checkpoint beyond those that config.json asks for, as a sentence; empty: none.
  std::string unused_layers;

  std::shared_ptr<const StoredWeights> weights;  ///< Keeps every view above alive.
};

/// Reads `checkpoint` with the family that config.json names (model_type, architectures).
/// UNIMPLEMENTED names an unknown architecture, activation or position type and the known ones, or
/// a model whose config.json names a known family beside code of its own (auto_map, ALiBi);
/// NOT_FOUND a missing tensor; INVALID_ARGUMENT a tensor whose shape config.json contradicts.
Result<Encoder> ReadEncoder(std::shared_ptr<const Checkpoint> checkpoint);

}  // namespace vetor
