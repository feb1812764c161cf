#include "encoder/recogniser/half_rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/status_macros.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

std::string NameOf(WeightType type) {
  switch (type) {
    case WeightType::kFloat32:
      return "float32";
    case WeightType::kFloat16:
      return "float16";
    case WeightType::kBFloat16:
      return "bfloat16";
    case WeightType::kFloat64:
      return "float64";
  }
  return "another type";
}

const Symbol* InFloat32(NodeCall& call, const Symbol& x) {
  Symbol symbol = x;
  symbol.type = WeightType::kFloat32;
  return call.New(std::move(symbol));
}

}  // namespace

Status CheckFloatTypes(const NodeCall& call) {
  constexpr std::array<std::string_view, 5> kAnyFloat = {"Cast", "Gather", "Identity", "MatMul",
                                                         "Transpose"};
  if (std::find(kAnyFloat.begin(), kAnyFloat.end(), call.node.op_type) != kAnyFloat.end()) {
    return Status();
  }
  for (const Symbol* input : call.inputs) {
    if (input == nullptr || input->type == WeightType::kFloat32) continue;
    return Unfit("values in float32 but for weights and their products, found " +
                 NameOf(input->type));
  }
  return Status();
}

const Symbol* CastFloats(NodeCall& call, const Symbol& x, OnnxElement to) {
  if (to == OnnxElement::kFloat16) {
    if (!IsTokenVectors(x) || x.type != WeightType::kFloat32) return nullptr;
    return call.New(
        {.kind = Kind::kRounded, .shape = x.shape, .of = &x, .type = WeightType::kFloat16});
  }
  if (to != OnnxElement::kFloat) return nullptr;
  if (x.type != WeightType::kFloat32) {
    const bool exact =
        x.kind == Kind::kTensor || x.kind == Kind::kEmbedding || x.kind == Kind::kLinear;
    return exact ? InFloat32(call, x) : nullptr;
  }
  return x.kind == Kind::kNumber || IsTokenVectors(x) ? &x : nullptr;
}

const Symbol* MultiplyHalfWeights(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kRounded || b.type != WeightType::kFloat16) return nullptr;
  Symbol weights = b;
  weights.type = WeightType::kFloat32;
  const Symbol* product = MultiplyWeights(call, *a.of, weights);
  if (product == nullptr) return nullptr;
  Symbol half = *product;
  half.type = WeightType::kFloat16;
  return call.New(std::move(half));
}

}  // namespace vetor::recogniser
