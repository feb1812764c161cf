#include "exporter/quantize/int8_emitters.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "exporter/graph/weight_source.h"

namespace vetor {
namespace {

constexpr uint64_t kTableBlockRows = 4096;
constexpr float kLevels = 255;
// Without this, a token whose values are all equal would divide by zero.
constexpr float kLeastRange = 1e-20F;

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// The state that the emission of one layer's nodes shares.
struct Emission {
  GraphBuilder* graph;
  std::string name;
  const InputPlan* plan;
  std::shared_ptr<const QuantizedLinear> linear;

  Value Floats(std::string_view part, std::vector<int64_t> dims, std::vector<float> values) const {
    return graph->Weight(
        FloatWeight(name + "." + std::string(part), std::move(dims), std::move(values)));
  }
  Value OutputVector(std::string_view part, const std::vector<float>& values) const {
    return Floats(part, {static_cast<int64_t>(values.size())}, values);
  }
};

Value EmitWeights(const Emission& emission) {
  const std::shared_ptr<const QuantizedLinear>& linear = emission.linear;
  return emission.graph->Weight(
      {.name = emission.name + ".weight_int8",
       .element = OnnxElement::kInt8,
       .dims = {static_cast<int64_t>(linear->inputs), static_cast<int64_t>(linear->outputs)},
       .write = [linear](const ByteSink& sink) { return sink(BytesOf(linear->values)); }});
}

Value EmitSmoothing(const Emission& emission, const Value& x) {
  const std::vector<float>& smoothing = emission.plan->input.smoothing;
  if (smoothing.empty()) return x;
  std::vector<float> factors(smoothing.size());
  std::transform(smoothing.begin(), smoothing.end(), factors.begin(),
                 [](float factor) { return 1 / factor; });
  // The weights of an exact channel are zeros here; as levels they would only take room from the
  // others.
  for (const size_t channel : emission.plan->input.exact) factors[channel] = 0;
  return emission.graph->Op("Mul", {x, emission.OutputVector("input_factor", factors)});
}

// A token's quantised values, and the numbers that turn them back into floats.
struct QuantizedTokens {
  Value values;  // uint8 [batch, tokens, in]
  Value step;    // [batch, tokens, 1]
  Value offset;  // [batch, tokens, 1]; if it is empty, the constant InputPlan::lowest is used.
  Value ones;    // [batch, tokens, 1]
};

QuantizedTokens QuantizeTokens(const Emission& emission, const Value& z) {
  GraphBuilder* graph = emission.graph;
  QuantizedTokens tokens;
  const bool bounded = emission.plan->lowest && emission.plan->input.smoothing.empty();
  const Value highest = graph->Reduce("ReduceMax", z, -1);
  if (!bounded) tokens.offset = graph->Reduce("ReduceMin", z, -1);
  const Value start = bounded ? graph->Scalar(emission.plan->lowest.value_or(0)) : tokens.offset;
  const Value range =
      graph->Op("Max", {graph->Op("Sub", {highest, start}), graph->Scalar(kLeastRange)});
  const Value inverse = graph->Op("Div", {graph->Scalar(kLevels), range});
  tokens.step = graph->Op("Mul", {range, graph->Scalar(1 / kLevels)});
  tokens.ones = graph->Op("Div", {range, range});
  const Value shift = graph->Op("Sub", {graph->Scalar(0.5F), graph->Op("Mul", {inverse, start})});
  tokens.values =
      graph->Cast(graph->Op("Add", {graph->Op("Mul", {z, inverse}), shift}), OnnxElement::kUint8);
  return tokens;
}

// [column_sums; bias; exact_weights] for the columns of [offset, 1, x[exact]]. If there is no
// offset column, the constant offset is part of the bias.
Value EmitFloatPart(const Emission& emission, const QuantizedTokens& tokens, const Value& x) {
  const QuantizedLinear& linear = *emission.linear;
  const std::vector<size_t>& exact = emission.plan->input.exact;
  std::vector<float> bias = linear.bias;
  if (tokens.offset.empty()) {
    const float lowest = emission.plan->lowest.value_or(0);
    for (size_t o = 0; o < bias.size(); ++o) bias[o] += lowest * linear.column_sums[o];
    if (exact.empty()) return emission.OutputVector("bias", bias);
  }
  std::vector<Value> columns;
  std::vector<float> rows;
  if (!tokens.offset.empty()) {
    columns.push_back(tokens.offset);
    rows = linear.column_sums;
  }
  columns.push_back(tokens.ones);
  rows.insert(rows.end(), bias.begin(), bias.end());
  if (!exact.empty()) {
    const Value indices = emission.graph->Integers({exact.begin(), exact.end()});
    columns.push_back(emission.graph->Op("Gather", {x, indices}, {{"axis", 2}}));
    rows.insert(rows.end(), linear.exact_weights.begin(), linear.exact_weights.end());
  }
  const auto width = static_cast<int64_t>(linear.outputs);
  const auto height = static_cast<int64_t>(rows.size()) / width;
  const Value weights = emission.Floats("float_part", {height, width}, std::move(rows));
  return emission.graph->Op("MatMul",
                            {emission.graph->Op("Concat", columns, {{"axis", 2}}), weights});
}

Value EmitPerRow(const Emission& emission, const Value& x) {
  GraphBuilder* graph = emission.graph;
  const QuantizedTokens tokens = QuantizeTokens(emission, EmitSmoothing(emission, x));
  const Value sums = graph->Op("MatMulInteger", {tokens.values, EmitWeights(emission)});
  const Value scales = graph->Op(
      "Mul", {tokens.step, emission.OutputVector("weight_scale", emission.linear->scales)});
  const Value product = graph->Op("Mul", {graph->Cast(sums, OnnxElement::kFloat), scales});
  return graph->Op("Add", {product, EmitFloatPart(emission, tokens, x)});
}

Value EmitPerTensor(const Emission& emission, const Value& x) {
  GraphBuilder* graph = emission.graph;
  const std::vector<Value> quantized =
      graph->Ops("DynamicQuantizeLinear", {EmitSmoothing(emission, x)}, 3);
  const Value sums =
      graph->Op("MatMulInteger", {quantized[0], EmitWeights(emission), quantized[2]});
  const Value scales = graph->Op(
      "Mul", {quantized[1], emission.OutputVector("weight_scale", emission.linear->scales)});
  const Value product = graph->Op("Mul", {graph->Cast(sums, OnnxElement::kFloat), scales});
  return graph->Op("Add", {product, emission.OutputVector("bias", emission.linear->bias)});
}

}  // namespace

Value Int8Linear::Emit(GraphBuilder* graph, const Value& x,
                       const std::vector<LinearWeights>& layers, std::string_view name) const {
  InputPlan plan = plan_->Find(layers.front());
  const bool per_row = settings_.scheme == Int8Scheme::kPerRow;
  if (!per_row) plan.input.exact.clear();
  std::vector<const LinearWeights*> parts;
  parts.reserve(layers.size());
  for (const LinearWeights& layer : layers) parts.push_back(&layer);
  const WeightRounding rounding{settings_.reduce_range ? 63 : 127, settings_.threads};
  const Emission emission{
      graph, std::string(name), &plan,
      std::make_shared<const QuantizedLinear>(QuantizeLinear(parts, plan.input, rounding))};
  return per_row ? EmitPerRow(emission, x) : EmitPerTensor(emission, x);
}

Value Int8Embedding::Emit(GraphBuilder* graph, const Value& indices, const TensorView& table,
                          std::string_view name) const {
  const uint64_t rows = table.shape[0];
  if (rows < kLeastInt8Rows) {
    return FloatEmbedding(OnnxElement::kFloat).Emit(graph, indices, table, name);
  }
  // The file needs all values first and then all scales. Both are made from the checkpoint while
  // they are written, so that no second table lies in memory.
  const auto write = [table, rows](const ByteSink& sink, auto member) {
    for (uint64_t begin = 0; begin < rows; begin += kTableBlockRows) {
      const QuantizedRows block =
          QuantizeTableRows(table, begin, std::min(begin + kTableBlockRows, rows));
      VETOR_RETURN_IF_ERROR(sink(BytesOf(block.*member)));
    }
    return Status();
  };
  const auto height = static_cast<int64_t>(rows);
  const Value values = graph->Weight(
      {.name = std::string(name) + ".weight_int8",
       .element = OnnxElement::kInt8,
       .dims = {height, static_cast<int64_t>(table.shape[1])},
       .write = [write](const ByteSink& sink) { return write(sink, &QuantizedRows::values); }});
  const Value scales = graph->Weight(
      {.name = std::string(name) + ".weight_scale",
       .dims = {height, 1},
       .write = [write](const ByteSink& sink) { return write(sink, &QuantizedRows::scales); }});
  const Value row =
      graph->Cast(graph->Op("Gather", {values, indices}, {{"axis", 0}}), OnnxElement::kFloat);
  return graph->Op("Mul", {row, graph->Op("Gather", {scales, indices}, {{"axis", 0}})});
}

}  // namespace vetor
