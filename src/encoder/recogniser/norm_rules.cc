#include "encoder/recogniser/norm_rules.h"

#include <cmath>

#include "base/status_macros.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

constexpr double kDefaultEpsilon = double{1e-5F};

// Token vectors, or heads whose components lie along the last axis and were not touched.
bool CanBeNormalised(const Symbol& x) {
  if (IsTokenVectors(x)) return true;
  return x.kind == Kind::kHeads && x.heads.order == "bthd" && x.heads.factor == 1 &&
         x.heads.repeat == 1 && !x.heads.norm && !x.heads.rotary;
}

bool IsLastAxis(const NodeCall& call, int64_t axis) {
  const size_t rank = call.in(0)->shape.size();
  return NodeCall::Axis(axis, rank) == rank - 1;
}

const Symbol* NormOf(NodeCall& call, const Symbol& x, NormKind kind, double epsilon) {
  if (!std::isfinite(epsilon) || epsilon < 0) return nullptr;
  Symbol norm{.kind = Kind::kNorm, .shape = x.shape, .of = &x, .type = x.type};
  norm.norm.kind = kind;
  norm.norm.epsilon = epsilon;
  return call.New(std::move(norm));
}

// x or x - mean(x), divided by its deviation.
const Symbol* Divided(NodeCall& call, const Symbol& x, const Symbol& deviation) {
  if (deviation.of != &x) return nullptr;
  if (x.kind == Kind::kCentred) {
    return NormOf(call, *x.of, NormKind::kLayerNorm, deviation.number);
  }
  return NormOf(call, x, NormKind::kRmsNorm, deviation.number);
}

Status Fused(NodeCall& call, NormKind kind) {
  const Symbol* x = call.in(0);
  const double epsilon = OnnxFloat(call.node, "epsilon").value_or(kDefaultEpsilon);
  if (x == nullptr || !CanBeNormalised(*x) || !IsLastAxis(call, call.Int("axis").value_or(-1))) {
    return Unfit("token vectors or heads, normalised along the last axis");
  }
  const Symbol* norm =
      NormWith(call, *x, kind, {.epsilon = epsilon, .weight = call.in(1), .bias = call.in(2)});
  return norm == nullptr ? Unfit("a factor and perhaps a bias for each component")
                         : call.Pass(norm);
}

}  // namespace

const Symbol* NormWith(NodeCall& call, const Symbol& x, NormKind kind, const NormParts& parts) {
  if (!CanBeNormalised(x)) return nullptr;
  const Symbol* norm = NormOf(call, x, kind, parts.epsilon);
  if (norm != nullptr && parts.weight != nullptr) norm = MultiplyNorm(call, *norm, *parts.weight);
  if (norm != nullptr && parts.bias != nullptr) norm = AddNormBias(call, *norm, *parts.bias);
  return norm;
}

Status LayerNormalization(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis", "epsilon", "stash_type"}));
  if (call.Int("stash_type").value_or(1) != 1) return Unfit("arithmetic in float32");
  return Fused(call, NormKind::kLayerNorm);
}

Status RmsNormalization(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis", "epsilon", "stash_type"}));
  if (call.Int("stash_type").value_or(1) != 1) return Unfit("arithmetic in float32");
  return Fused(call, NormKind::kRmsNorm);
}

Status SimplifiedLayerNormalization(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis", "epsilon", "stash_type"}));
  if (call.Int("stash_type").value_or(1) != 1) return Unfit("arithmetic in float32");
  if (!call.is(0, Kind::kCentred)) return Fused(call, NormKind::kRmsNorm);
  // x less its mean, over its deviation.
  const NormParts parts{.epsilon = OnnxFloat(call.node, "epsilon").value_or(kDefaultEpsilon),
                        .weight = call.in(1)};
  const Symbol* norm = NormWith(call, *call.in(0)->of, NormKind::kLayerNorm, parts);
  const bool fits = call.inputs.size() == 2 && IsLastAxis(call, call.Int("axis").value_or(-1));
  return fits && norm != nullptr ? call.Pass(norm) : Unfit("a factor for each component");
}

Status ReduceMean(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axes", "keepdims"}));
  const Symbol* x = call.in(0);
  if (x == nullptr || call.Int("keepdims").value_or(1) != 1) return Unfit("a mean that keeps axes");
  const size_t rank = x->shape.size();
  const auto axes = call.Axes(18, 1, rank);
  if (!axes || *axes != std::vector<size_t>{rank - 1}) return Unfit("a mean along the last axis");
  Symbol mean{.kind = Kind::kMean, .shape = x->shape, .of = x};
  mean.shape.back() = Extent();
  if (x->kind == Kind::kSquare) {
    mean.kind = Kind::kMeanSquare;
    mean.of = x->of;
  } else if (!CanBeNormalised(*x)) {
    return Unfit("token vectors or heads that are normalised");
  }
  return call.Give(std::move(mean));
}

const Symbol* Centre(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (b.kind != Kind::kMean || b.of != &a) return nullptr;
  return call.New({.kind = Kind::kCentred, .shape = a.shape, .of = &a});
}

const Symbol* SquareOf(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (&a != &b || (a.kind != Kind::kCentred && !CanBeNormalised(a))) return nullptr;
  return call.New({.kind = Kind::kSquare, .shape = a.shape, .of = &a});
}

const Symbol* AddEpsilon(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> epsilon = NumberOf(&b);
  if (a.kind != Kind::kMeanSquare || !epsilon || b.shape.size() > 1) return nullptr;
  Symbol shifted = a;
  shifted.kind = Kind::kShifted;
  shifted.number = *epsilon;
  return call.New(std::move(shifted));
}

Status Sqrt(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.in(0) == nullptr) return Unfit("an input");
  if (const std::optional<double> number = NumberOf(call.in(0))) {
    if (*number < 0) return Unfit("the root of a positive number");
    Symbol root = *call.in(0);
    root.number = std::sqrt(*number);
    return call.Give(std::move(root));
  }
  if (!call.is(0, Kind::kShifted)) return Unfit("a variance with its epsilon");
  Symbol deviation = *call.in(0);
  deviation.kind = Kind::kDeviation;
  return call.Give(std::move(deviation));
}

Status Reciprocal(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (!call.is(0, Kind::kDeviation)) return Unfit("the deviation of a norm");
  Symbol inverse = *call.in(0);
  inverse.kind = Kind::kInverseDeviation;
  return call.Give(std::move(inverse));
}

const Symbol* DivideByDeviation(NodeCall& call, const Symbol& a, const Symbol& b) {
  return b.kind == Kind::kDeviation ? Divided(call, a, b) : nullptr;
}

const Symbol* InvertDeviation(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (NumberOf(&a) != 1 || a.shape.size() > 1 || b.kind != Kind::kDeviation) return nullptr;
  Symbol inverse = b;
  inverse.kind = Kind::kInverseDeviation;
  return call.New(std::move(inverse));
}

const Symbol* MultiplyByInverse(NodeCall& call, const Symbol& a, const Symbol& b) {
  return b.kind == Kind::kInverseDeviation ? Divided(call, a, b) : nullptr;
}

const Symbol* MultiplyNorm(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kNorm || !a.norm.weight.empty() || !a.norm.bias.empty() ||
      !IsVectorFor(&b, a.shape)) {
    return nullptr;
  }
  Symbol norm = a;
  norm.norm.weight = AsVector(b.tensor);
  return call.New(std::move(norm));
}

const Symbol* AddNormBias(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kNorm || !a.norm.bias.empty() || !IsVectorFor(&b, a.shape)) return nullptr;
  Symbol norm = a;
  norm.norm.bias = AsVector(b.tensor);
  return call.New(std::move(norm));
}

}  // namespace vetor::recogniser
