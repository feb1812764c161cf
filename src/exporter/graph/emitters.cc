#include "exporter/graph/emitters.h"

#include <algorithm>
#include <string>

#include "base/status_macros.h"
#include "exporter/graph/weight_source.h"

namespace vetor {

std::vector<Value> LinearEmitter::EmitEach(GraphBuilder* graph, const Value& x,
                                           const std::vector<LinearWeights>& layers,
                                           std::string_view name) const {
  std::vector<int64_t> sizes;
  sizes.reserve(layers.size());
  for (const LinearWeights& layer : layers) {
    sizes.push_back(static_cast<int64_t>(layer.weight.shape[0]));
  }
  return graph->Split(Emit(graph, x, layers, name), 2, sizes);
}

Value EmitBias(GraphBuilder* graph, const std::vector<LinearWeights>& layers,
               std::string_view name) {
  const bool any = std::any_of(layers.begin(), layers.end(),
                               [](const LinearWeights& layer) { return !layer.bias.empty(); });
  if (!any) return {};
  int64_t length = 0;
  for (const LinearWeights& layer : layers) length += static_cast<int64_t>(layer.weight.shape[0]);
  const auto write = [layers](const ByteSink& sink) {
    for (const LinearWeights& layer : layers) {
      std::vector<float> bias(layer.weight.shape[0]);
      if (!layer.bias.empty()) ToFloats(layer.bias, 0, bias);
      VETOR_RETURN_IF_ERROR(
          sink({reinterpret_cast<const char*>(bias.data()), bias.size() * sizeof(float)}));
    }
    return Status();
  };
  return graph->Weight({.name = std::string(name) + ".bias", .dims = {length}, .write = write});
}

Value FloatLinear::Emit(GraphBuilder* graph, const Value& x,
                        const std::vector<LinearWeights>& layers, std::string_view name) const {
  std::vector<TensorView> matrices;
  matrices.reserve(layers.size());
  for (const LinearWeights& layer : layers) matrices.push_back(layer.weight);
  const Value weight =
      graph->Weight(TransposedWeight(std::string(name) + ".weight", std::move(matrices), element_));
  const bool half = element_ == OnnxElement::kFloat16;
  const Value in = half ? graph->Cast(x, OnnxElement::kFloat16) : x;
  Value y = graph->Op("MatMul", {in, weight});
  if (half) y = graph->Cast(y, OnnxElement::kFloat);
  const Value bias = EmitBias(graph, layers, name);
  return bias.empty() ? y : graph->Op("Add", {y, bias});
}

Value FloatEmbedding::Emit(GraphBuilder* graph, const Value& indices, const TensorView& table,
                           std::string_view name) const {
  const Value weight = graph->Weight(TensorWeight(std::string(name) + ".weight", table, element_));
  const Value rows = graph->Op("Gather", {weight, indices});
  return element_ == OnnxElement::kFloat ? rows : graph->Cast(rows, OnnxElement::kFloat);
}

}  // namespace vetor
