#include "exporter/graph/token_ops.h"

#include <numbers>
#include <string>

#include "exporter/graph/weight_source.h"

namespace vetor {
namespace {

constexpr int kLayerNormalizationSince = 17;
constexpr int kGeluSince = 20;

Value NormFactors(GraphBuilder* graph, const NormWeights& norm, int64_t features,
                  const std::string& name) {
  std::vector<float> factors(static_cast<size_t>(features), 1.0F);
  if (!norm.weight.empty()) {
    ToFloats(norm.weight, 0, factors);
    if (norm.weight_plus_one) {
      for (float& factor : factors) factor += 1.0F;
    }
  }
  return graph->Weight(FloatWeight(name + ".weight", {features}, std::move(factors)));
}

Value NormBias(GraphBuilder* graph, const NormWeights& norm, int64_t features,
               const std::string& name) {
  std::vector<float> bias(static_cast<size_t>(features));
  if (!norm.bias.empty()) ToFloats(norm.bias, 0, bias);
  return graph->Weight(FloatWeight(name + ".bias", {features}, std::move(bias)));
}

// x / sqrt(mean(x^2) + epsilon)
Value DivideByDeviation(GraphBuilder* graph, const Value& x, double epsilon) {
  const Value squares = graph->Op("Pow", {x, graph->Scalar(2)});
  const Value variance = graph->Reduce("ReduceMean", squares, -1);
  const Value shifted = graph->Op("Add", {variance, graph->Scalar(static_cast<float>(epsilon))});
  return graph->Op("Div", {x, graph->Op("Sqrt", {shifted})});
}

Value ErfGelu(GraphBuilder* graph, const Value& x) {
  const Value scaled = graph->Op("Div", {x, graph->Scalar(std::numbers::sqrt2_v<float>)});
  const Value shifted = graph->Op("Add", {graph->Op("Erf", {scaled}), graph->Scalar(1)});
  return graph->Op("Mul", {graph->Op("Mul", {x, shifted}), graph->Scalar(0.5F)});
}

// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
Value TanhGelu(GraphBuilder* graph, const Value& x) {
  const Value cubed = graph->Op("Pow", {x, graph->Scalar(3)});
  const Value bent = graph->Op("Add", {x, graph->Op("Mul", {cubed, graph->Scalar(0.044715F)})});
  const float factor = std::numbers::sqrt2_v<float> * std::numbers::inv_sqrtpi_v<float>;
  const Value tanh = graph->Op("Tanh", {graph->Op("Mul", {bent, graph->Scalar(factor)})});
  const Value half = graph->Op("Mul", {x, graph->Scalar(0.5F)});
  return graph->Op("Mul", {half, graph->Op("Add", {tanh, graph->Scalar(1)})});
}

}  // namespace

Value EmitNorm(GraphBuilder* graph, const Value& x, const NormWeights& norm, int64_t features,
               std::string_view name) {
  const std::string weight_name(name);
  const Value factors = NormFactors(graph, norm, features, weight_name);
  if (norm.kind == NormKind::kRmsNorm) {
    Value scaled = graph->Op("Mul", {DivideByDeviation(graph, x, norm.epsilon), factors});
    if (norm.bias.empty()) return scaled;
    return graph->Op("Add", {scaled, NormBias(graph, norm, features, weight_name)});
  }
  const Value bias = NormBias(graph, norm, features, weight_name);
  if (graph->opset() >= kLayerNormalizationSince) {
    return graph->Op("LayerNormalization", {x, factors, bias},
                     {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(norm.epsilon)}});
  }
  const Value centred = graph->Op("Sub", {x, graph->Reduce("ReduceMean", x, -1)});
  const Value unit = DivideByDeviation(graph, centred, norm.epsilon);
  return graph->Op("Add", {graph->Op("Mul", {unit, factors}), bias});
}

Value EmitActivation(GraphBuilder* graph, const Value& x, Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      if (graph->opset() >= kGeluSince) return graph->Op("Gelu", {x});
      return ErfGelu(graph, x);
    case Activation::kGeluTanh:
      return TanhGelu(graph, x);
    case Activation::kRelu:
      return graph->Op("Relu", {x});
    case Activation::kSilu:
      return graph->Op("Mul", {x, graph->Op("Sigmoid", {x})});
    case Activation::kQuickGelu: {
      const Value scaled = graph->Op("Mul", {x, graph->Scalar(1.702F)});
      return graph->Op("Mul", {x, graph->Op("Sigmoid", {scaled})});
    }
  }
  return x;
}

}  // namespace vetor
