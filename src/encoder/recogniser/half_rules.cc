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

bool HasFloats(const Symbol* input) {
  return input != nullptr &&
         (input->kind == Kind::kTensor || input->kind == Kind::kHeads || IsTokenVectors(*input));
}

// Whether the node may be in float16 as a whole: it computes in float32 and rounds what it gives.
bool IsWholeStep(const NodeCall& call) {
  if (IsOfRuntime(call.node) || call.node.op_type == "LayerNormalization") return true;
  // The lookups that are added up before such a norm.
  return call.node.op_type == "Add" &&
         std::all_of(call.inputs.begin(), call.inputs.end(), [](const Symbol* input) {
           return input != nullptr && input->kind == Kind::kEmbedding;
         });
}

// All floats in float32, or all in float16.
Status CheckOneType(const NodeCall& call) {
  const Symbol* first = nullptr;
  for (const Symbol* input : call.inputs) {
    if (!HasFloats(input)) continue;
    if (first == nullptr) first = input;
    const bool known = input->type == WeightType::kFloat32 || input->type == WeightType::kFloat16;
    if (known && input->type == first->type) continue;
    return Unfit("all values in float32 or all in float16, found " + NameOf(first->type) + " and " +
                 NameOf(input->type));
  }
  return Status();
}

}  // namespace

Status CheckFloatTypes(const NodeCall& call) {
  constexpr std::array<std::string_view, 6> kAnyFloat = {"Cast",   "Gather", "Identity",
                                                         "MatMul", "Shape",  "Transpose"};
  if (IsWholeStep(call)) return CheckOneType(call);
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
    return x.kind == Kind::kTensor || IsTokenVectors(x) ? InFloat32(call, x) : nullptr;
  }
  return x.kind == Kind::kNumber || IsTokenVectors(x) ? &x : nullptr;
}

const Symbol* MultiplyHalfWeights(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.type != WeightType::kFloat16 || b.type != WeightType::kFloat16) return nullptr;
  const Symbol* product = LinearOf(call, a.kind == Kind::kRounded ? *a.of : a, b);
  if (product == nullptr) return nullptr;
  Symbol half = *product;
  half.type = WeightType::kFloat16;
  return call.New(std::move(half));
}

const Symbol* MultiplyAnyWeights(NodeCall& call, const Symbol& a, const Symbol& b) {
  const Symbol* product = MultiplyWeights(call, a, b);
  return product != nullptr ? product : MultiplyHalfWeights(call, a, b);
}

}  // namespace vetor::recogniser
