#include "encoder/recogniser/rotary_rules.h"

#include <cmath>

#include "base/status_macros.h"

namespace vetor::recogniser {
namespace {

Status Wave(NodeCall& call, int64_t sine) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (!call.is(0, Kind::kAngles)) return Unfit("positions times frequencies");
  return call.Give({.kind = Kind::kWave,
                    .shape = call.in(0)->shape,
                    .of = call.in(0),
                    .number = 1,
                    .high = sine});
}

// Half `half` of a head, of two products with waves.
const Symbol* Half(NodeCall& call, const Symbol& cosine, const Symbol& sine, int64_t half) {
  if (cosine.kind != Kind::kTurned || sine.kind != Kind::kTurned) return nullptr;
  if (cosine.other->high != 0 || sine.other->high != 1) return nullptr;
  if (!SameRotary(*cosine.other, *sine.other) || !SameHead(*cosine.of->of, *sine.of->of)) {
    return nullptr;
  }
  const int64_t width = cosine.of->high - cosine.of->low;
  const Symbol& first = half == 0 ? cosine : sine;
  const Symbol& second = half == 0 ? sine : cosine;
  if (first.of->low != 0 || first.of->high != width || second.of->low != width ||
      second.of->high != 2 * width) {
    return nullptr;
  }
  return call.New({.kind = Kind::kRotatedHalf,
                   .shape = cosine.shape,
                   .of = cosine.of->of,
                   .other = cosine.other,
                   .low = half,
                   .high = width});
}

}  // namespace

size_t TokenAxisFromEnd(const Shape& shape) {
  size_t found = 0;
  for (size_t i = 1; i < shape.size(); ++i) {
    const Extent& extent = shape[shape.size() - 1 - i];
    if (extent.is_one()) continue;
    if (found != 0 || !(extent == kTokensExtent)) return 0;
    found = i + 1;
  }
  return found;
}

bool SameRotary(const Symbol& a, const Symbol& b) {
  return a.of->rotary.inverse_frequencies == b.of->rotary.inverse_frequencies &&
         a.number == b.number;
}

bool SameHead(const Symbol& a, const Symbol& b) {
  return &a == &b || (a.other != nullptr && a.other == b.other);
}

Status Cosine(NodeCall& call) { return Wave(call, 0); }

Status Sine(NodeCall& call) { return Wave(call, 1); }

const Symbol* MultiplyPositions(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kIndex || a.offset != 0 || a.shape.size() < 2 || b.kind != Kind::kTensor ||
      b.turned || !a.shape.back().is_one()) {
    return nullptr;
  }
  Shape frequencies(b.shape);
  if (frequencies.empty() || !FitsInto(b.shape, [&] {
        Shape whole = a.shape;
        whole.back() = b.shape.back();
        return whole;
      }())) {
    return nullptr;
  }
  for (size_t i = 0; i + 1 < b.shape.size(); ++i) {
    if (!b.shape[i].is_one()) return nullptr;
  }
  constexpr uint64_t kMostFrequencies = 4096;
  const size_t place = TokenAxisFromEnd(a.shape);
  if (place == 0 || b.tensor.elements() > kMostFrequencies) return nullptr;
  for (size_t axis = 0; axis < a.steps.size(); ++axis) {
    if (a.steps[axis] != (axis == a.steps.size() - place ? 1 : 0)) return nullptr;
  }
  Symbol angles{.kind = Kind::kAngles, .shape = a.shape};
  angles.shape.back() = b.shape.back();
  for (const float frequency : vetor::ToFloats(b.tensor)) {
    if (!std::isfinite(frequency)) return nullptr;
    angles.rotary.inverse_frequencies.push_back(double{frequency});
  }
  return call.New(std::move(angles));
}

const Symbol* ScaleWave(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> factor = NumberOf(&b);
  if (a.kind != Kind::kWave || !factor || b.shape.size() > a.shape.size()) return nullptr;
  Symbol scaled = a;
  scaled.number *= *factor;
  return call.New(std::move(scaled));
}

const Symbol* TurnPart(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kHeadPart || b.kind != Kind::kWave || b.of->twice ||
      !FitsInto(b.shape, a.shape)) {
    return nullptr;
  }
  const std::string& order = a.of->heads.order;
  const size_t place = TokenAxisFromEnd(b.shape);
  if (place == 0 || order.size() < place || order[order.size() - place] != 't' ||
      !(b.shape.back() == a.shape.back())) {
    return nullptr;
  }
  return call.New({.kind = Kind::kTurned, .shape = a.shape, .of = &a, .other = &b});
}

const Symbol* AddTurned(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Half(call, a, b, 1);
}

const Symbol* SubtractTurned(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Half(call, a, b, 0);
}

const Symbol* JoinHalves(NodeCall& call) {
  const size_t count = call.inputs.size();
  if (count < 2 || count > 3 || !call.is(0, Kind::kRotatedHalf) ||
      !call.is(1, Kind::kRotatedHalf)) {
    return nullptr;
  }
  const Symbol& first = *call.in(0);
  const Symbol& second = *call.in(1);
  const Symbol& head = *first.of;
  const size_t rank = head.shape.size();
  if (first.low != 0 || second.low != 1 || !SameHead(head, *second.of) ||
      !SameRotary(*first.other, *second.other) ||
      NodeCall::Axis(call.Int("axis").value_or(static_cast<int64_t>(rank)), rank) != rank - 1) {
    return nullptr;
  }
  int64_t end = 2 * first.high;
  if (count == 3) {
    const Symbol* rest = call.in(2);
    if (rest == nullptr || rest->kind != Kind::kHeadPart || !SameHead(*rest->of, head) ||
        rest->low != end) {
      return nullptr;
    }
    end = rest->high;
  }
  if (end != head.heads.dim || first.high != second.high) return nullptr;
  Symbol turned = head;
  turned.other = nullptr;
  turned.heads.rotary = first.other->of->rotary;
  turned.heads.rotary->rotated_dim = static_cast<int>(2 * first.high);
  turned.heads.rotary->theta = 0;  // Of the frequencies alone; nothing reads it.
  turned.heads.rotary->attention_factor = first.other->number;
  return call.New(std::move(turned));
}

}  // namespace vetor::recogniser
