#include "encoder/recogniser/runtime_attention_rules.h"

#include <array>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/half_rules.h"
#include "encoder/recogniser/mask_rules.h"
#include "encoder/recogniser/pooling_rules.h"
#include "encoder/recogniser/runtime_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

// What the two operators have in common. The projections are the linear layers of queries, keys
// and values.
struct AttentionParts {
  std::array<const Symbol*, 3> projections = {};
  size_t mask_input = 0;
  size_t bias_input = 0;
};

Status RefuseInputs(const NodeCall& call, std::initializer_list<size_t> inputs) {
  for (const size_t input : inputs) {
    if (call.in(input) == nullptr) continue;
    return Unfit("no keys and values of earlier tokens, found an input " + std::to_string(input));
  }
  return Status();
}

// [batch, heads, tokens, dim] of a linear layer; null if its columns are not so many heads.
const Symbol* HeadsOfLinear(NodeCall& call, const Symbol& linear, int64_t count) {
  if (linear.kind != Kind::kLinear) return nullptr;
  const int64_t width = linear.shape.back().count;
  if (width % count != 0) return nullptr;
  Symbol heads{.kind = Kind::kHeads,
               .shape = {kBatchExtent, Extent{count}, kTokensExtent, Extent{width / count}}};
  heads.heads.linear = &linear;
  heads.heads.count = count;
  heads.heads.dim = width / count;
  heads.heads.order = "bhtd";
  return call.New(std::move(heads));
}

// Where a key is padding, by the mask itself or by the number of tokens of each row.
bool HidesPadding(const Symbol& mask) {
  const bool by_key = IsPresence(mask) && mask.shape == Shape{kBatchExtent, kTokensExtent};
  const bool by_length = mask.kind == Kind::kWeightTotal && mask.low == 0 &&
                         mask.token_weight == TokenWeight::kOne &&
                         mask.shape == Shape{kBatchExtent};
  return by_key || by_length;
}

Result<const Symbol*> WithMask(NodeCall& call, const Symbol* scores, size_t input) {
  const Symbol* mask = call.in(input);
  if (mask == nullptr) return scores;
  if (!HidesPadding(*mask)) {
    return Unfit("attention_mask or its sum along the tokens as input " + std::to_string(input));
  }
  if (scores->scores.mask) return Unfit("one mask, found another one in the bias of the scores");
  const double filler = OnnxFloat(call.node, "mask_filter_value").value_or(kHiddenScore);
  Symbol choice{.kind = Kind::kChoice, .shape = {kBatchExtent, Extent(), Extent(), kTokensExtent}};
  choice.mask = {.present = true, .yes = 0, .no = filler, .key_axis = 3, .batch_axis = 0};
  const Symbol* masked = MaskScores(call, *scores, choice);
  if (masked != nullptr) return masked;
  return Unfit("at most -10000 as attribute \"mask_filter_value\", found " +
               std::to_string(filler));
}

// What is added to scaled scores: a bias by distance, or another way to write the mask. The
// operator widens rows and heads only.
Result<const Symbol*> WithBias(NodeCall& call, const Symbol* scores, size_t input) {
  const Symbol* bias = call.in(input);
  if (bias == nullptr) return scores;
  const bool whole =
      bias->shape.size() == 4 && bias->shape[2] == kTokensExtent && bias->shape[3] == kTokensExtent;
  const Symbol* found = whole ? AddDistanceBias(call, *scores, *bias) : nullptr;
  if (found == nullptr && whole && !bias->mask.truth) found = MaskScores(call, *scores, *bias);
  if (found != nullptr) return found;
  return Unfit("a bias by distance or a mask [batch, heads, tokens, tokens] as input " +
               std::to_string(input));
}

Result<const Symbol*> ScoresOf(NodeCall& call, const AttentionParts& parts, const Symbol& query,
                               const Symbol& key) {
  const Symbol* turned = TurnedKeys(call, key);
  const Symbol* scores = turned == nullptr ? nullptr : MultiplyHeads(call, query, *turned);
  if (scores == nullptr) return Unfit("queries and keys of one width");
  Symbol factor{.kind = Kind::kNumber};
  factor.number = OnnxFloat(call.node, "scale").value_or(0);
  if (factor.number == 0) {  // As if it were not there.
    factor.number = 1 / std::sqrt(static_cast<double>(query.heads.dim));
  }
  scores = ScaleScores(call, *scores, factor);
  if (scores == nullptr) return Unfit("a plain factor as attribute \"scale\"");
  VETOR_ASSIGN_OR_RETURN(scores, WithBias(call, scores, parts.bias_input));
  return WithMask(call, scores, parts.mask_input);
}

Status Attend(NodeCall& call, const AttentionParts& parts) {
  VETOR_RETURN_IF_ERROR(RefuseUnlessZero(
      call, {"unidirectional", "do_rotary", "rotary_embedding_dim", "past_present_share_buffer"}));
  constexpr int64_t kMostHeads = 1 << 20;
  const int64_t count = call.Int("num_heads").value_or(0);
  if (count < 1 || count > kMostHeads) return Unfit("an attribute \"num_heads\"");
  std::array<const Symbol*, 3> heads = {};
  for (size_t i = 0; i < heads.size(); ++i) {
    heads[i] = HeadsOfLinear(call, *parts.projections[i], count);
    if (heads[i] == nullptr) {
      return Unfit("linear layers of " + std::to_string(count) + " heads, as attribute " +
                   "\"num_heads\" says");
    }
  }
  VETOR_ASSIGN_OR_RETURN(const Symbol* scores, ScoresOf(call, parts, *heads[0], *heads[1]));
  const Symbol* shares = call.New({.kind = Kind::kShares, .shape = scores->shape, .of = scores});
  const Symbol* mixed = MixValues(call, *shares, *heads[2]);
  if (mixed == nullptr) return Unfit("values as wide as keys");
  // The heads' vectors side by side, as the operator gives them.
  Symbol context = *mixed;
  context.order = "bthd";
  std::swap(context.shape[1], context.shape[2]);
  const Symbol& projection = *parts.projections[2];
  return call.Give({.kind = Kind::kJoined,
                    .shape = projection.shape,
                    .of = call.New(std::move(context)),
                    .type = projection.type});
}

// How many columns belong to queries, keys and values.
std::optional<std::vector<int64_t>> WidthsOf(const NodeCall& call, int64_t columns) {
  std::vector<int64_t> widths = OnnxInts(call.node, "qkv_hidden_sizes");
  if (widths.empty() && columns % 3 == 0) widths.assign(3, columns / 3);
  if (widths.size() != 3) return std::nullopt;
  for (const int64_t width : widths) {
    if (width < 1 || width > columns) return std::nullopt;
  }
  if (std::accumulate(widths.begin(), widths.end(), int64_t{0}) != columns) return std::nullopt;
  return widths;
}

// A part [begin, begin + width) of a bias for all three projections; null if it has no such part.
const Symbol* PartOfBias(NodeCall& call, const Symbol& bias, int64_t begin, int64_t width) {
  if (bias.kind != Kind::kTensor || bias.shape.size() != 1) return nullptr;
  auto rows = Rows(bias.tensor, static_cast<uint64_t>(begin), static_cast<uint64_t>(begin + width));
  if (!rows.ok()) return nullptr;
  Symbol part = bias;
  part.tensor = *std::move(rows);
  part.shape = {Extent{width}};
  return call.New(std::move(part));
}

// Adds the bias [queries | keys | values] to the three projections.
Status AddPackedBias(NodeCall& call, const Symbol& bias, AttentionParts* parts) {
  int64_t begin = 0;
  for (const Symbol*& projection : parts->projections) {
    const int64_t width = projection->shape.back().count;
    const Symbol* part = PartOfBias(call, bias, begin, width);
    const Symbol* biased = part == nullptr ? nullptr : AddBias(call, *projection, *part);
    if (biased == nullptr) return Unfit("a bias for linear layers that have none yet");
    projection = biased;
    begin += width;
  }
  return bias.shape[0] == Extent{begin} ? Status() : Unfit("a bias as long as the layers are wide");
}

}  // namespace

Status RuntimeAttention(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(
      call.Only({"do_rotary", "mask_filter_value", "num_heads", "past_present_share_buffer",
                 "qkv_hidden_sizes", "rotary_embedding_dim", "scale", "unidirectional"}));
  VETOR_RETURN_IF_ERROR(RefuseInputs(call, {4, 6}));
  // ONNX Runtime 1.28.0 ends the process if the bias is left out, so nothing can be compared.
  if (call.in(0) == nullptr || call.in(1) == nullptr || call.in(2) == nullptr) {
    return Unfit("token vectors, weights and a bias");
  }
  const Symbol* linear = MultiplyAnyWeights(call, *call.in(0), *call.in(1));
  if (linear != nullptr) linear = AddBias(call, *linear, *call.in(2));
  if (linear == nullptr) return Unfit("token vectors, their weights and a bias");
  const auto widths = WidthsOf(call, linear->shape.back().count);
  if (!widths) {
    return Unfit("weights of queries, keys and values side by side, as attribute " +
                 Quoted("qkv_hidden_sizes") + " says");
  }
  AttentionParts parts{.mask_input = 3, .bias_input = 5};
  int64_t begin = 0;
  for (size_t i = 0; i < parts.projections.size(); ++i) {
    parts.projections[i] = ColumnsOf(call, *linear, begin, begin + (*widths)[i]);
    if (parts.projections[i] == nullptr) return Unfit("columns of one matrix");
    begin += (*widths)[i];
  }
  return Attend(call, parts);
}

Status MultiHeadAttention(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"mask_filter_value", "num_heads", "scale", "unidirectional"}));
  VETOR_RETURN_IF_ERROR(RefuseInputs(call, {6, 7, 8, 9}));
  AttentionParts parts{.mask_input = 4, .bias_input = 5};
  for (size_t i = 0; i < parts.projections.size(); ++i) {
    const Symbol* projection = call.in(i);
    if (projection == nullptr || projection->kind != Kind::kLinear) {
      return Unfit("linear layers as queries, keys and values, each an input of its own");
    }
    parts.projections[i] = projection;
  }
  if (call.in(3) != nullptr) VETOR_RETURN_IF_ERROR(AddPackedBias(call, *call.in(3), &parts));
  return Attend(call, parts);
}

}  // namespace vetor::recogniser
