#include "encoder/recogniser/dense_rules.h"

#include <string_view>
#include <utility>

#include "encoder/recogniser/activation_rules.h"

namespace vetor::recogniser {
namespace {

// A text's vector that a Dense layer may read.
bool TakesDense(const Symbol& text) {
  return text.kind == Kind::kText && text.shape.size() == 2 && text.pooling.dim == 0 &&
         !text.pooling.normalize;
}

// The last Dense layer, of which no activation is known yet.
TextLinear* OpenLayer(Symbol* text) {
  if (!TakesDense(*text) || text->pooling.dense.empty()) return nullptr;
  TextLinear& last = text->pooling.dense.back();
  return last.activation == TextActivation::kIdentity ? &last : nullptr;
}

const Symbol* WithBias(NodeCall& call, const Symbol& a, const Symbol& b) {
  Symbol text = a;
  TextLinear* last = OpenLayer(&text);
  if (last == nullptr || !last->linear.bias.empty() || !IsVectorFor(&b, a.shape) ||
      b.type != WeightType::kFloat32) {
    return nullptr;
  }
  last->linear.bias = AsVector(b.tensor);
  return call.New(std::move(text));
}

}  // namespace

const Symbol* MultiplyText(NodeCall& call, const Symbol& a, const Symbol& b) {
  constexpr size_t kMostLayers = 16;
  if (!TakesDense(a) || b.kind != Kind::kTensor || b.shape.size() != 2 ||
      b.type != WeightType::kFloat32 || !(a.shape[1] == b.shape[0]) ||
      a.pooling.dense.size() >= kMostLayers) {
    return nullptr;
  }
  Symbol text = a;
  TextLinear layer{.linear = {.weight = b.tensor}};
  if (!b.turned) {
    layer.linear.by_input = true;
    layer.linear.column_count = b.tensor.shape[1];
  }
  text.pooling.dense.push_back(std::move(layer));
  text.shape[1] = b.shape[1];
  return call.New(std::move(text));
}

const Symbol* AddTextBias(NodeCall& call) {
  if (call.in(0) == nullptr || call.in(1) == nullptr || !call.Only({}).ok()) return nullptr;
  const Symbol* found = WithBias(call, *call.in(0), *call.in(1));
  return found != nullptr ? found : WithBias(call, *call.in(1), *call.in(0));
}

// x W + b, or with transB x Wt + b.
const Symbol* TextGemm(NodeCall& call) {
  if (call.in(0) == nullptr || call.in(1) == nullptr || !TakesDense(*call.in(0)) ||
      !call.Only({"alpha", "beta", "transA", "transB"}).ok() ||
      OnnxFloat(call.node, "alpha").value_or(1) != 1 ||
      OnnxFloat(call.node, "beta").value_or(1) != 1 || call.Int("transA").value_or(0) != 0) {
    return nullptr;
  }
  Symbol weights = *call.in(1);
  if (call.Int("transB").value_or(0) != 0 && weights.shape.size() == 2) {
    std::swap(weights.shape[0], weights.shape[1]);
    weights.turned = !weights.turned;
  }
  const Symbol* product = MultiplyText(call, *call.in(0), weights);
  if (product == nullptr || call.in(2) == nullptr) return product;
  return WithBias(call, *product, *call.in(2));
}

const Symbol* ActivateText(NodeCall& call) {
  const bool gelu = call.node.op_type == "Gelu";
  if (call.in(0) == nullptr || !call.Only({"approximate"}).ok()) return nullptr;
  Symbol text = *call.in(0);
  TextLinear* last = OpenLayer(&text);
  if (last == nullptr || (gelu && GeluForm(call.node) != "none")) return nullptr;
  if (gelu) {
    last->activation = TextActivation::kGelu;
  } else if (call.node.op_type == "Relu") {
    last->activation = TextActivation::kRelu;
  } else if (call.node.op_type == "Sigmoid") {
    last->activation = TextActivation::kSigmoid;
  } else if (call.node.op_type == "Tanh") {
    last->activation = TextActivation::kTanh;
  } else {
    return nullptr;
  }
  return call.New(std::move(text));
}

}  // namespace vetor::recogniser
