#include "encoder/recogniser/activation_rules.h"

#include <cmath>
#include <numbers>

#include "base/status_macros.h"
#include "encoder/recogniser/norm_rules.h"
#include "formats/onnx/schema.h"

namespace vetor::recogniser {
namespace {

constexpr double kInverseRoot2 = 1 / std::numbers::sqrt2;
constexpr double kTanhFactor = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
constexpr double kTanhCube = 0.044715;
constexpr double kQuickFactor = 1.702;

// `x` as a factor times a linear layer's output.
struct Scaled {
  const Symbol* linear;
  double factor;
};
std::optional<Scaled> ScaledOf(const Symbol& x) {
  if (x.kind == Kind::kLinear) return Scaled{&x, 1};
  if (x.kind == Kind::kScaled) return Scaled{x.of, x.number};
  return std::nullopt;
}

Symbol GateOf(const Symbol& linear, Activation activation, double factor) {
  return {.kind = Kind::kGate,
          .shape = linear.shape,
          .of = &linear,
          .number = factor,
          .activation = activation};
}

// gelu and its tanh form are x/2 times a gate; the others x times it.
bool IsHalved(Activation activation) {
  return activation == Activation::kGelu || activation == Activation::kGeluTanh;
}

const Symbol* Gated(NodeCall& call, const Symbol& linear, const Symbol& gate, double factor) {
  const double whole = IsHalved(gate.activation) ? 0.5 : 1;
  if (Near(factor, whole)) return Activated(call, linear, gate.activation);
  return call.New({.kind = Kind::kHalfGated,
                   .shape = linear.shape,
                   .of = &linear,
                   .number = factor,
                   .activation = gate.activation});
}

const Symbol* Multiplied(NodeCall& call, const Symbol& x, double factor) {
  if (!std::isfinite(factor)) return nullptr;
  Symbol scaled = x;
  scaled.number *= factor;
  switch (x.kind) {
    case Kind::kLinear:
      return call.New({.kind = Kind::kScaled, .shape = x.shape, .of = &x, .number = factor});
    case Kind::kScaled:
    case Kind::kCube:
    case Kind::kBent:
    case Kind::kGate:
      return call.New(std::move(scaled));
    case Kind::kHalfGated:
      return Gated(call, *x.of, x, scaled.number);
    default:
      return nullptr;
  }
}

}  // namespace

const Symbol* Activated(NodeCall& call, const Symbol& x, Activation activation) {
  if (x.kind != Kind::kLinear) return nullptr;
  return call.New({.kind = Kind::kActivated,
                   .shape = x.shape,
                   .of = &x,
                   .activation = activation,
                   .type = x.type});
}

std::string_view GeluForm(const OnnxNodeView& node) {
  std::string_view text = "none";
  for (const std::string_view bytes : node.attributes) {
    ProtoMessage attribute(bytes);
    if (ReadOnnxAttribute(attribute).name != "approximate") continue;
    while (attribute.Next()) {
      if (attribute.field() == onnx::AttributeProto::kString) text = attribute.Bytes();
    }
  }
  return text;
}

Status Gelu(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"approximate"}));
  const std::string_view form = GeluForm(call.node);
  if (call.in(0) == nullptr || (form != "none" && form != "tanh")) return Unfit("a known form");
  const Symbol* found =
      Activated(call, *call.in(0), form == "none" ? Activation::kGelu : Activation::kGeluTanh);
  return found == nullptr ? Unfit("the output of a linear layer") : call.Pass(found);
}

Status Relu(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (!call.is(0, Kind::kLinear)) return Unfit("the output of a linear layer");
  return call.Pass(Activated(call, *call.in(0), Activation::kRelu));
}

Status Sigmoid(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const auto x = call.in(0) == nullptr ? std::nullopt : ScaledOf(*call.in(0));
  if (x && x->factor == 1) return call.Give(GateOf(*x->linear, Activation::kSilu, 1));
  if (x && Near(x->factor, kQuickFactor)) {
    return call.Give(GateOf(*x->linear, Activation::kQuickGelu, 1));
  }
  return Unfit("the output of a linear layer, or 1.702 times it");
}

Status Erf(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const auto x = call.in(0) == nullptr ? std::nullopt : ScaledOf(*call.in(0));
  if (!x || !Near(x->factor, kInverseRoot2)) {
    return Unfit("the output of a linear layer over the root of 2");
  }
  return call.Give({.kind = Kind::kErf, .shape = x->linear->shape, .of = x->linear});
}

Status Tanh(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (!call.is(0, Kind::kBent) || !Near(call.in(0)->number, kTanhFactor)) {
    return Unfit("sqrt(2 / pi) (x + 0.044715 x^3) of a linear layer's output");
  }
  Symbol tanh = *call.in(0);
  tanh.kind = Kind::kTanh;
  return call.Give(std::move(tanh));
}

const Symbol* Power(NodeCall& call, const Symbol& a, const Symbol& b) {
  std::optional<double> exponent = NumberOf(&b);
  if (!exponent) {
    const auto whole = call.Numbers(1);
    if (whole && whole->size() == 1) exponent = static_cast<double>((*whole)[0]);
  }
  if (!exponent || b.shape.size() > 1) return nullptr;
  if (*exponent == 2) return SquareOf(call, a, a);
  if (*exponent != 3 || a.kind != Kind::kLinear) return nullptr;
  return call.New({.kind = Kind::kCube, .shape = a.shape, .of = &a, .number = 1});
}

const Symbol* ScaleForActivation(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> factor = NumberOf(&b);
  if (!factor || b.shape.size() > a.shape.size()) return nullptr;
  return Multiplied(call, a, *factor);
}

const Symbol* DivideForActivation(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> divisor = NumberOf(&b);
  if (!divisor || *divisor == 0 || b.shape.size() > a.shape.size()) return nullptr;
  return Multiplied(call, a, 1 / *divisor);
}

const Symbol* Bend(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kLinear || b.kind != Kind::kCube || b.of != &a) return nullptr;
  if (!Near(b.number, kTanhCube)) return nullptr;
  return call.New({.kind = Kind::kBent, .shape = a.shape, .of = &a, .number = 1});
}

const Symbol* AddOne(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (NumberOf(&b) != 1 || b.shape.size() > a.shape.size()) return nullptr;
  if (a.kind == Kind::kErf) return call.New(GateOf(*a.of, Activation::kGelu, 1));
  if (a.kind == Kind::kTanh) return call.New(GateOf(*a.of, Activation::kGeluTanh, 1));
  return nullptr;
}

const Symbol* MultiplyByGate(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<Scaled> x = ScaledOf(a);
  if (!x || b.kind != Kind::kGate || b.of != x->linear) return nullptr;
  return Gated(call, *x->linear, b, x->factor * b.number);
}

const Symbol* MultiplyGated(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kActivated || b.kind != Kind::kLinear || a.shape != b.shape) return nullptr;
  return call.New({.kind = Kind::kGated, .shape = a.shape, .of = &a, .other = &b});
}

}  // namespace vetor::recogniser
