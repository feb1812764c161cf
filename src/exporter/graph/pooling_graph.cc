#include "exporter/graph/pooling_graph.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "exporter/graph/token_ops.h"
#include "exporter/graph/weight_source.h"

namespace vetor {
namespace {

// Values made from a row's mask, float32 [batch, tokens] unless said otherwise.
class MaskValues {
 public:
  MaskValues(GraphBuilder* graph, Value mask) : graph_(*graph), mask_(std::move(mask)) {}

  Value Present() { return graph_.Cast(mask_, OnnxElement::kFloat); }

  // 1, 2, 3, ... at the tokens; 0 at padding.
  Value Places() { return graph_.Cast(Count(0), OnnxElement::kFloat); }

  // 1 at the first token (at the last, if counted from the end); 0 elsewhere.
  Value FirstOnly(bool from_end) {
    const Value first = graph_.Op("Equal", {Count(from_end ? 1 : 0), graph_.Integer(1)});
    return graph_.Cast(first, OnnxElement::kFloat);
  }

  Value PresentBool() { return graph_.Cast(mask_, OnnxElement::kBool); }

 private:
  Value Count(int64_t reverse) {
    const Value sums = graph_.Op("CumSum", {mask_, graph_.Integer(1)}, {{"reverse", reverse}});
    return graph_.Op("Mul", {sums, mask_});
  }

  GraphBuilder& graph_;
  Value mask_;
};

// sum over t of weights[b, t] * tokens[b, t, :]
Value WeightedSum(GraphBuilder* graph, const Value& tokens, const Value& weights) {
  const Value rows = graph->Unsqueeze(weights, {1});
  return graph->Squeeze(graph->Op("MatMul", {rows, tokens}), {1});
}

// sum(weights), but at least 1e-9, as in sentence-transformers: [batch, 1].
Value TotalOf(GraphBuilder* graph, const Value& weights) {
  const Value total = graph->Reduce("ReduceSum", weights, 1);
  return graph->Op("Max", {total, graph->Scalar(1e-9F)});
}

Value EmitMode(GraphBuilder* graph, const TokenVectors& vectors, PoolingMode mode) {
  MaskValues mask(graph, vectors.mask);
  switch (mode) {
    case PoolingMode::kCls:
      return WeightedSum(graph, vectors.tokens, mask.FirstOnly(false));
    case PoolingMode::kLastToken:
      return WeightedSum(graph, vectors.tokens, mask.FirstOnly(true));
    case PoolingMode::kMax: {
      const Value present = graph->Unsqueeze(mask.PresentBool(), {2});
      const Value lowest = graph->Scalar(std::numeric_limits<float>::lowest());
      const Value counted = graph->Op("Where", {present, vectors.tokens, lowest});
      return graph->Reduce("ReduceMax", counted, 1, false);
    }
    case PoolingMode::kMean:
    case PoolingMode::kMeanSqrtLen:
    case PoolingMode::kWeightedMean: {
      const bool by_place = mode == PoolingMode::kWeightedMean;
      const Value weights = by_place ? mask.Places() : mask.Present();
      Value total = TotalOf(graph, weights);
      if (mode == PoolingMode::kMeanSqrtLen) total = graph->Op("Sqrt", {total});
      return graph->Op("Div", {WeightedSum(graph, vectors.tokens, weights), total});
    }
  }
  return {};
}

Value EmitDenseActivation(GraphBuilder* graph, const Value& x, DenseActivation activation) {
  switch (activation) {
    case DenseActivation::kIdentity:
      return x;
    case DenseActivation::kTanh:
      return graph->Op("Tanh", {x});
    case DenseActivation::kRelu:
      return graph->Op("Relu", {x});
    case DenseActivation::kGelu:
      return EmitActivation(graph, x, Activation::kGelu);
    case DenseActivation::kSigmoid:
      return graph->Op("Sigmoid", {x});
  }
  return x;
}

Status AddDense(GraphBuilder* graph, const DenseLayer& layer, size_t index, PooledTexts* texts) {
  const size_t in = layer.in_features;
  const size_t out = layer.out_features;
  const std::string name = "pooling/dense." + std::to_string(index);
  if (in != static_cast<size_t>(texts->width) || layer.weight.size() != in * out ||
      (!layer.bias.empty() && layer.bias.size() != out)) {
    return InvalidArgumentError("Dense layer " + std::to_string(index + 1) + " has " +
                                std::to_string(layer.weight.size()) + " weights for " +
                                std::to_string(in) + " x " + std::to_string(out) +
                                " and takes vectors of " + std::to_string(texts->width) +
                                "; the model's files do not belong together");
  }
  std::vector<float> turned(in * out);
  for (size_t o = 0; o < out; ++o) {
    for (size_t i = 0; i < in; ++i) turned[i * out + o] = layer.weight[o * in + i];
  }
  const auto rows = static_cast<int64_t>(in);
  const auto columns = static_cast<int64_t>(out);
  const Value weight =
      graph->Weight(FloatWeight(name + ".weight", {rows, columns}, std::move(turned)));
  Value y = graph->Op("MatMul", {texts->value, weight});
  if (!layer.bias.empty()) {
    y = graph->Op("Add", {y, graph->Weight(FloatWeight(name + ".bias", {columns}, layer.bias))});
  }
  *texts = {EmitDenseActivation(graph, y, layer.activation), columns};
  return Status();
}

}  // namespace

Result<PooledTexts> EmitPooling(GraphBuilder* graph, const TokenVectors& vectors,
                                const PoolingSpec& spec) {
  if (!spec.include_prompt) {
    return UnimplementedError(
        "this model leaves its prompt's tokens out of pooling, which a graph cannot do: it does "
        "not know which they are; export it without sentence_embedding");
  }
  if (spec.modes.empty()) return InvalidArgumentError("pooling: no mode is set, expected one");
  graph->SetScope("pooling");
  std::vector<Value> parts;
  for (const PoolingMode mode : spec.modes) parts.push_back(EmitMode(graph, vectors, mode));
  PooledTexts texts{parts.front(), vectors.width * static_cast<int64_t>(parts.size())};
  if (parts.size() > 1) texts.value = graph->Op("Concat", parts, {{"axis", int64_t{1}}});
  for (size_t i = 0; i < spec.dense.size(); ++i) {
    VETOR_RETURN_IF_ERROR(AddDense(graph, spec.dense[i], i, &texts));
  }
  const auto dim = static_cast<int64_t>(spec.dim);
  if (dim > texts.width) {
    return InvalidArgumentError("dim is " + std::to_string(dim) +
                                ", but the model gives vectors of " + std::to_string(texts.width) +
                                " components");
  }
  if (dim > 0) texts = {graph->Slice(texts.value, 1, 0, dim), dim};
  if (spec.normalize) {
    const Value length = graph->Reduce("ReduceL2", texts.value, 1);
    texts.value =
        graph->Op("Div", {texts.value, graph->Op("Max", {length, graph->Scalar(1e-12F)})});
  }
  return texts;
}

}  // namespace vetor
