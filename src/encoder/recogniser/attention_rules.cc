#include "encoder/recogniser/attention_rules.h"

#include <cmath>

#include "base/status_macros.h"
#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/mask_rules.h"

namespace vetor::recogniser {
namespace {

// Whether the mask lies along the axes of scores [batch, heads, queries, keys].
bool LiesAlongScores(const Symbol& choice) {
  const int shift = 4 - static_cast<int>(choice.shape.size());
  const Mask& mask = choice.mask;
  const auto at = [&](int axis, int place) { return axis < 0 || axis + shift == place; };
  return at(mask.key_axis, 3) && at(mask.query_axis, 2) && at(mask.batch_axis, 0);
}

// Bias along the axes of scores: [1, heads, queries, keys] or [heads, queries, keys].
bool BiasLiesAlongScores(const Symbol& bias, const Shape& scores) {
  return (bias.order == "1hij" || bias.order == "hij") && FitsInto(bias.shape, scores) &&
         bias.bias.table.shape[1] == static_cast<uint64_t>(scores[1].count);
}

}  // namespace

Status Softmax(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis"}));
  if (!call.is(0, Kind::kScores)) return Unfit("the scores of attention");
  const int64_t axis = call.Int("axis").value_or(call.opset >= 13 ? -1 : 1);
  if (axis != -1 && axis != 3) return Unfit("shares along the last axis");
  return call.Give({.kind = Kind::kShares, .shape = call.in(0)->shape, .of = call.in(0)});
}

const Symbol* TurnedKeys(NodeCall& call, const Symbol& key) {
  std::optional<Heads> heads = HeadsOf(key);
  if (!heads || heads->order != "bhtd") return nullptr;
  heads->order = "bhdt";
  Symbol turned{.kind = Kind::kHeads, .shape = key.shape};
  std::swap(turned.shape[2], turned.shape[3]);
  turned.heads = *std::move(heads);
  return call.New(std::move(turned));
}

const Symbol* MultiplyHeads(NodeCall& call, const Symbol& a, const Symbol& b) {
  std::optional<Heads> query = HeadsOf(a);
  std::optional<Heads> key = HeadsOf(b);
  if (!query || !key || query->order != "bhtd" || key->order != "bhdt") return nullptr;
  if (query->dim != key->dim || query->repeat != 1 || query->count != key->count * key->repeat) {
    return nullptr;
  }
  Symbol symbol{.kind = Kind::kScores};
  symbol.shape = {kBatchExtent, Extent{query->count}, kTokensExtent, kTokensExtent};
  symbol.scores.scale = query->factor * key->factor;
  symbol.scores.query = *std::move(query);
  symbol.scores.key = *std::move(key);
  return call.New(std::move(symbol));
}

const Symbol* MixValues(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<Heads> value = HeadsOf(b);
  if (a.kind != Kind::kShares || !value || value->order != "bhtd" || value->factor != 1 ||
      value->norm || value->rotary) {
    return nullptr;
  }
  const Scores& scores = a.of->scores;
  if (value->count != scores.key.count || value->repeat != scores.key.repeat ||
      value->dim != scores.query.dim) {
    return nullptr;
  }
  Symbol symbol{.kind = Kind::kContext, .of = &a, .other = &b, .order = "bhtd"};
  symbol.shape = {kBatchExtent, Extent{scores.query.count}, kTokensExtent, Extent{value->dim}};
  return call.New(std::move(symbol));
}

const Symbol* ScaleScores(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> factor = NumberOf(&b);
  if (a.kind != Kind::kScores || a.scores.mask || a.scores.bias || !factor ||
      b.shape.size() > a.shape.size() || !std::isfinite(*factor)) {
    return nullptr;
  }
  Symbol scaled = a;
  scaled.scores.scale *= *factor;
  if (!IsPlainFactor(*factor) || !IsPlainFactor(scaled.scores.scale)) return nullptr;
  return call.New(std::move(scaled));
}

const Symbol* DivideScores(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> divisor = NumberOf(&b);
  if (!divisor || *divisor == 0) return nullptr;
  Symbol inverse = b;
  inverse.number = 1 / *divisor;
  return ScaleScores(call, a, inverse);
}

const Symbol* MaskScores(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kScores || b.kind != Kind::kChoice || a.scores.mask) return nullptr;
  const bool of_places = b.mask.causal || b.mask.window > 0;
  if (b.mask.yes != 0 || !(b.mask.no <= (of_places ? kHiddenPlace : kHiddenScore))) return nullptr;
  if (b.shape.size() > 4 || !FitsInto(b.shape, a.shape) || !LiesAlongScores(b)) return nullptr;
  Symbol masked = a;
  masked.scores.mask = b.mask;
  return call.New(std::move(masked));
}

const Symbol* AddDistanceBias(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kScores || b.kind != Kind::kDistanceBias || a.scores.bias) return nullptr;
  if (!BiasLiesAlongScores(b, a.shape)) return nullptr;
  Symbol biased = a;
  biased.scores.bias = b.bias;
  return call.New(std::move(biased));
}

const Symbol* RepeatBias(NodeCall& call, const Symbol& x, const Shape& target) {
  Shape rows = x.shape;
  if (x.kind != Kind::kDistanceBias || x.order != "1hij") return nullptr;
  rows[0] = kBatchExtent;
  if (target != rows) return nullptr;
  Symbol repeated = x;
  repeated.shape = target;
  return call.New(std::move(repeated));
}

const Symbol* LookUpDistances(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kTensor || b.kind != Kind::kClippedIndex || b.shape.size() != 2 ||
      a.type != WeightType::kFloat32) {
    return nullptr;
  }
  // Row by distance j - i of query i, along the first axis, and key j.
  const Symbol& distance = *b.of;
  const bool by_distance = distance.offset == 0 && distance.steps == std::vector<int64_t>{-1, 1} &&
                           distance.shape == Shape{kTokensExtent, kTokensExtent};
  constexpr int64_t kMostDistance = 1 << 20;
  const int64_t far = b.high;
  if (!by_distance || far < 1 || far > kMostDistance || b.low != -far || b.offset != far ||
      !(a.shape[0] == Extent{2 * far + 1})) {
    return nullptr;
  }
  Symbol bias{.kind = Kind::kDistanceBias, .shape = b.shape, .order = "ijh"};
  bias.shape.push_back(a.shape[1]);
  bias.bias.table = a.tensor;
  bias.bias.max_distance = static_cast<int>(far);
  bias.bias.by_distance = true;
  return call.New(std::move(bias));
}

}  // namespace vetor::recogniser
