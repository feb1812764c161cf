#include "encoder/recogniser/encoder_assembly.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "encoder/recogniser/distance_rules.h"
#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/node_call.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

constexpr size_t kMostLayers = 1024;
constexpr int64_t kMostWidth = 1 << 20;
constexpr int64_t kMostWindow = int64_t{1} << 30;

// A part of a layer: norm(x + out_norm(part(in_norm(x)))).
struct Block {
  const Symbol* in = nullptr;    ///< x
  const Symbol* part = nullptr;  ///< The kLinear that ends the part.
  std::optional<NormWeights> in_norm, out_norm, after_norm;
};

struct Sum {
  const Symbol* symbol = nullptr;
  std::optional<NormWeights> after_norm;
};

// Whether the part reads x, or its norm.
bool Reads(const Symbol* source, const Symbol* x, Block* block) {
  if (source == x) return true;
  if (source->kind != Kind::kNorm || source->of != x) return false;
  block->in_norm = source->norm;
  return true;
}

// What the part whose last linear layer is `part` reads; null if it is not of this kind.
const Symbol* FeedForwardSource(const Symbol& part) {
  const Symbol* inner = part.of;
  if (inner->kind == Kind::kActivated) return inner->of->of;
  if (inner->kind != Kind::kGated) return nullptr;
  const Symbol* up = inner->other;
  return inner->of->of->of == up->of ? up->of : nullptr;
}

const Symbol* AttentionSource(const Symbol& part) {
  if (part.of->kind != Kind::kJoined) return nullptr;
  const Symbol& context = *part.of->of;
  const Scores& scores = context.of->of->scores;
  const Symbol* source = scores.query.linear->of;
  const bool one = scores.key.linear->of == source && HeadsOf(*context.other)->linear->of == source;
  return one ? source : nullptr;
}

// The two values of the sum as a part and the x that it reads.
template <typename SourceOf>
bool ReadBlock(const Sum& sum, const SourceOf& source_of, Block* block) {
  const Symbol* both[] = {sum.symbol->of, sum.symbol->other};
  for (const size_t first : {size_t{0}, size_t{1}}) {
    Block found{.in = both[1 - first], .after_norm = sum.after_norm};
    const Symbol* branch = both[first];
    if (branch->kind == Kind::kNorm) {
      found.out_norm = branch->norm;
      branch = branch->of;
    }
    if (branch->kind != Kind::kLinear) continue;
    const Symbol* source = source_of(*branch);
    if (source == nullptr || !Reads(source, found.in, &found)) continue;
    found.part = branch;
    *block = std::move(found);
    return true;
  }
  return false;
}

std::optional<Sum> SumOf(const Symbol& x) {
  if (x.kind == Kind::kSum) return Sum{&x, std::nullopt};
  if (x.kind == Kind::kNorm && x.of->kind == Kind::kSum) return Sum{x.of, x.norm};
  return std::nullopt;
}

FeedForwardWeights FeedForwardOf(const Block& block) {
  const Symbol& inner = *block.part->of;
  FeedForwardWeights weights;
  weights.down = block.part->linear;
  if (inner.kind == Kind::kGated) {
    weights.up = inner.other->linear;
    weights.gate = inner.of->of->linear;
    weights.activation = inner.of->activation;
  } else {
    weights.up = inner.of->linear;
    weights.activation = inner.activation;
  }
  return weights;
}

bool SameRotary(const std::optional<Rotary>& a, const std::optional<Rotary>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->rotated_dim == b->rotated_dim && a->attention_factor == b->attention_factor &&
         a->inverse_frequencies == b->inverse_frequencies;
}

Result<AttentionWeights> AttentionOf(const Block& block) {
  const Symbol& context = *block.part->of->of;
  const Scores& scores = context.of->of->scores;
  AttentionWeights weights;
  weights.query = scores.query.linear->linear;
  weights.key = scores.key.linear->linear;
  weights.value = HeadsOf(*context.other)->linear->linear;
  weights.output = block.part->linear;
  weights.query_norm = scores.query.norm;
  weights.key_norm = scores.key.norm;
  if (!SameRotary(scores.query.rotary, scores.key.rotary)) {
    return Unfit("queries and keys that are turned alike");
  }
  weights.rotary = scores.query.rotary;
  weights.heads = static_cast<int>(scores.query.count);
  weights.key_value_heads = static_cast<int>(scores.key.count);
  weights.head_dim = static_cast<int>(scores.query.dim);
  weights.scale = scores.scale;
  if (!std::isfinite(weights.scale)) return Unfit("a finite factor of the scores");
  if (!scores.mask || !scores.mask->present) return Unfit("scores that attention_mask is added to");
  weights.causal = scores.mask->causal;
  weights.window = static_cast<int>(std::min(scores.mask->window, kMostWindow));
  return weights;
}

// The bias by distance is one for all layers.
Status TakeBias(const Block& block, bool first, Encoder* encoder) {
  const std::optional<RelativeBias>& bias = block.part->of->of->of->of->scores.bias;
  if (first) {
    encoder->relative_bias = bias;
    return Status();
  }
  const std::optional<RelativeBias>& known = encoder->relative_bias;
  const bool same = bias.has_value() == known.has_value() &&
                    (!bias || bias->table.bytes.data() == known->table.bytes.data());
  return same ? Status() : Unfit("one bias by distance for all layers");
}

Status TakeEmbedding(const Symbol& x, Encoder* encoder) {
  const Symbol* embedding = &x;
  if (x.kind == Kind::kNorm) {
    encoder->embedding_norm = x.norm;
    embedding = x.of;
  }
  const Lookups& lookups = embedding->lookups;
  if (lookups.word.empty() || embedding->shape.size() != 3 || lookups.word.shape[1] > kMostWidth) {
    return Unfit("the words of input_ids in the embedding");
  }
  encoder->word = lookups.word;
  encoder->word_scale = lookups.word_scale;
  encoder->position_rule = lookups.position_rule;
  encoder->position = lookups.position;
  encoder->pad_token_id = lookups.pad_token_id;
  encoder->token_type = lookups.token_type;
  encoder->token_type_input = lookups.token_type_input;
  encoder->hidden_size = static_cast<int>(lookups.word.shape[1]);
  int64_t most = std::numeric_limits<int>::max();
  if (!lookups.position.empty()) {
    most = std::min(most, static_cast<int64_t>(lookups.position.shape[0]));
    if (lookups.most_positions > 0) most = std::min(most, lookups.most_positions);
    if (lookups.position_rule == PositionRule::kAfterPadding) most -= lookups.pad_token_id + 1;
  } else if (encoder->relative_bias) {
    return Unfit("a table of positions beside a bias by distance");
  }
  if (encoder->relative_bias && !encoder->relative_bias->by_distance && most > kFurthest) {
    return Unfit("at most " + std::to_string(kFurthest) + " positions beside a bias by distance");
  }
  const bool fits = most >= 1 && lookups.pad_token_id >= 0;
  encoder->max_positions = static_cast<int>(most);
  return fits ? Status() : Unfit("a position for each token");
}

// The sizes that memory is taken for, in a graph of any origin.
Status CheckSizes(const Encoder& encoder) {
  const auto fits = [](int64_t size) { return size >= 1 && size <= kMostWidth; };
  for (const EncoderLayer& layer : encoder.layers) {
    const AttentionWeights& attention = layer.attention;
    if (!fits(attention.heads) || !fits(attention.key_value_heads) || !fits(attention.head_dim) ||
        attention.heads % attention.key_value_heads != 0 ||
        !fits(static_cast<int64_t>(layer.feed_forward.up.outputs()))) {
      return Unfit("layers of at most " + std::to_string(kMostWidth) + " components");
    }
  }
  return fits(encoder.hidden_size) ? Status() : Unfit("a smaller width");
}

bool IsEmbedding(const Symbol& x) {
  return x.kind == Kind::kEmbedding || (x.kind == Kind::kNorm && x.of->kind == Kind::kEmbedding);
}

// The layer whose output is x, with its attention's block.
struct LayerBlocks {
  Block attention, feed_forward;
};

Result<LayerBlocks> ReadLayer(const Symbol& x) {
  LayerBlocks blocks;
  std::optional<Sum> sum = SumOf(x);
  if (!sum || !ReadBlock(*sum, FeedForwardSource, &blocks.feed_forward)) {
    return Unfit("the sum of x and a feed-forward network that reads x or its norm");
  }
  sum = SumOf(*blocks.feed_forward.in);
  if (!sum || !ReadBlock(*sum, AttentionSource, &blocks.attention)) {
    return Unfit("the sum of x and an attention that reads x or its norm");
  }
  return blocks;
}

// To begin a sentence about what gives x.
std::string NodeOf(const Symbol& x) {
  return x.made_by == nullptr ? std::string() : DescribeNode(*x.made_by) + ", ";
}

// What gives x, which is followed by `later` layers, and what it should be.
std::string DescribeLayer(const Symbol& x, size_t later) {
  if (later == 0) return NodeOf(x) + "the last layer";
  return NodeOf(x) + "which feeds the last " + std::to_string(later) +
         " layers, is neither a norm of embeddings nor another layer";
}

}  // namespace

Result<Encoder> AssembleEncoder(const Symbol& output) {
  if (!IsTokenVectors(output)) return Unfit("a vector for each token as output");
  Encoder encoder;
  encoder.family = "onnx";
  const Symbol* x = &output;
  while (!IsEmbedding(*x)) {
    const Result<LayerBlocks> blocks = ReadLayer(*x);
    if (!blocks.ok()) {
      return blocks.status().WithContext(DescribeLayer(*x, encoder.layers.size()));
    }
    EncoderLayer layer;
    layer.feed_forward_in_norm = blocks->feed_forward.in_norm;
    layer.feed_forward_out_norm = blocks->feed_forward.out_norm;
    layer.feed_forward_after_norm = blocks->feed_forward.after_norm;
    layer.feed_forward = FeedForwardOf(blocks->feed_forward);
    layer.attention_in_norm = blocks->attention.in_norm;
    layer.attention_out_norm = blocks->attention.out_norm;
    layer.attention_after_norm = blocks->attention.after_norm;
    Result<AttentionWeights> attention = AttentionOf(blocks->attention);
    if (!attention.ok()) {
      return attention.status().WithContext(NodeOf(*blocks->attention.part) +
                                            "the end of an attention");
    }
    layer.attention = *std::move(attention);
    VETOR_RETURN_IF_ERROR(TakeBias(blocks->attention, encoder.layers.empty(), &encoder));
    encoder.layers.push_back(std::move(layer));
    if (encoder.layers.size() > kMostLayers) return Unfit("fewer layers");
    x = blocks->attention.in;
  }
  if (encoder.layers.empty()) return Unfit("at least one layer");
  std::reverse(encoder.layers.begin(), encoder.layers.end());
  VETOR_RETURN_IF_ERROR(TakeEmbedding(*x, &encoder));
  VETOR_RETURN_IF_ERROR(CheckSizes(encoder));
  return encoder;
}

}  // namespace vetor::recogniser
