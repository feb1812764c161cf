#include "encoder/recogniser/rotated_half_rules.h"

#include <cmath>

#include "base/status_macros.h"
#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/rotary_rules.h"

namespace vetor::recogniser {
namespace {

// Whether the node joins along this axis, counted from the end: 1 is the last.
bool IsAxisFromEnd(const NodeCall& call, size_t from_end) {
  const size_t rank = call.in(0)->shape.size();
  const auto axis = call.Int("axis");
  return rank >= from_end && axis && NodeCall::Axis(*axis, rank) == rank - from_end;
}

// The head `x` turned by the angles of `wave`, all of its components.
const Symbol* Turned(NodeCall& call, const Symbol& head, const Symbol& wave) {
  Symbol turned = head;
  turned.other = nullptr;
  turned.heads.rotary = wave.of->rotary;
  turned.heads.rotary->rotated_dim = static_cast<int>(head.heads.dim);
  turned.heads.rotary->theta = 0;  // Of the frequencies alone; nothing reads it.
  turned.heads.rotary->attention_factor = wave.number;
  return call.New(std::move(turned));
}

}  // namespace

const Symbol* MultiplyFrequencies(NodeCall& call, const Symbol& a, const Symbol& b) {
  const bool frequencies = a.kind == Kind::kTensor && !a.turned && a.shape.size() == 3 &&
                           a.shape[0].is_one() && a.shape[2].is_one();
  const bool places = b.kind == Kind::kIndex && b.offset == 0 &&
                      b.steps == std::vector<int64_t>{0, 0, 1} &&
                      b.shape == Shape{Extent(), Extent(), kTokensExtent};
  constexpr uint64_t kMostFrequencies = 4096;
  if (!frequencies || !places || a.tensor.elements() > kMostFrequencies) return nullptr;
  Symbol angles{.kind = Kind::kAngles, .shape = {Extent(), a.shape[1], kTokensExtent}};
  angles.turned = true;
  for (const float frequency : vetor::ToFloats(a.tensor)) {
    if (!std::isfinite(frequency)) return nullptr;
    angles.rotary.inverse_frequencies.push_back(double{frequency});
  }
  return call.New(std::move(angles));
}

const Symbol* JoinAngles(NodeCall& call) {
  if (call.inputs.size() != 2 || call.in(0) != call.in(1) || !call.is(0, Kind::kAngles)) {
    return nullptr;
  }
  // Frequencies lie along the last axis, or along the one before the positions.
  const size_t from_end = call.in(0)->turned ? 2 : 1;
  if (call.in(0)->twice || !IsAxisFromEnd(call, from_end)) return nullptr;
  Symbol angles = *call.in(0);
  angles.twice = true;
  angles.shape[angles.shape.size() - from_end].count *= 2;
  return call.New(std::move(angles));
}

const Symbol* NegatePart(NodeCall& call, const Symbol& x) {
  if (x.kind != Kind::kHeadPart) return nullptr;
  return call.New({.kind = Kind::kNegatedPart, .shape = x.shape, .of = &x});
}

const Symbol* JoinRotated(NodeCall& call) {
  if (call.inputs.size() != 2 || !call.is(0, Kind::kNegatedPart) || !call.is(1, Kind::kHeadPart) ||
      !IsAxisFromEnd(call, 1)) {
    return nullptr;
  }
  const Symbol& second = *call.in(0)->of;
  const Symbol& first = *call.in(1);
  const Symbol& head = *first.of;
  const int64_t half = head.heads.dim / 2;
  const bool halves = first.low == 0 && first.high == half && second.low == half &&
                      second.high == 2 * half && head.heads.dim == 2 * half;
  if (!halves || !SameHead(head, *second.of)) return nullptr;
  return call.New({.kind = Kind::kRotated, .shape = head.shape, .of = &head});
}

const Symbol* TurnWhole(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (b.kind != Kind::kWave || !b.of->twice || !FitsInto(b.shape, a.shape)) return nullptr;
  // The cosine goes with the head, the sine with its rotated form.
  const Symbol* head = a.kind == Kind::kRotated ? a.of : WholeOf(call, a);
  if (head == nullptr || (b.high == 1) != (a.kind == Kind::kRotated)) return nullptr;
  const std::string& order = head->heads.order;
  const size_t place = TokenAxisFromEnd(b.shape);
  const bool lies = place != 0 && order.size() >= place && order[order.size() - place] == 't' &&
                    order.back() == 'd' && b.shape.back() == Extent{head->heads.dim};
  if (!lies || head->heads.rotary) return nullptr;
  return call.New({.kind = Kind::kTurnedWhole, .shape = a.shape, .of = head, .other = &b});
}

const Symbol* AddWholes(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kTurnedWhole || b.kind != Kind::kTurnedWhole) return nullptr;
  if (a.other->high != 0 || b.other->high != 1) return nullptr;
  if (!SameRotary(*a.other, *b.other) || !SameHead(*a.of, *b.of)) return nullptr;
  return Turned(call, *a.of, *a.other);
}

Status RotaryEmbedding(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"interleaved", "num_heads", "rotary_embedding_dim"}));
  const bool plain =
      call.Int("interleaved").value_or(0) == 0 && call.Int("rotary_embedding_dim").value_or(0) == 0;
  if (!plain || call.inputs.size() != 3 || call.in(0) == nullptr) {
    return Unfit("heads that are turned as a whole, by halves, with cosines and sines");
  }
  const Symbol* head = WholeOf(call, *call.in(0));
  if (head == nullptr || head->heads.order != "bhtd" || head->heads.rotary) {
    return Unfit("heads [batch, heads, tokens, dim]");
  }
  if (!call.is(1, Kind::kWave) || !call.is(2, Kind::kWave)) return Unfit("cosines and sines");
  const Symbol& cosine = *call.in(1);
  const Symbol& sine = *call.in(2);
  const Shape shape = {Extent(), kTokensExtent, Extent{head->heads.dim / 2}};
  const bool fits = cosine.shape == shape && sine.shape == shape && head->heads.dim % 2 == 0 &&
                    !cosine.of->twice && !sine.of->twice && cosine.high == 0 && sine.high == 1;
  if (!fits || !SameRotary(cosine, sine)) return Unfit("cosines and sines of the same angles");
  return call.Pass(Turned(call, *head, cosine));
}

}  // namespace vetor::recogniser
