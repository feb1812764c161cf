#include "exporter/graph/layer.h"

#include <optional>
#include <string>
#include <vector>

#include "exporter/graph/token_ops.h"

namespace vetor {
namespace {

Value NormIfAny(const LayerContext& context, const Value& x, const std::optional<NormWeights>& norm,
                const std::string& name) {
  if (!norm) return x;
  return EmitNorm(context.graph, x, *norm, context.encoder->hidden_size, name);
}

// (x1, x2, rest) -> (x1 cos - x2 sin, x2 cos + x1 sin, rest) of [batch, heads, tokens, head_dim].
Value Rotate(const LayerContext& context, const Value& x, const AttentionWeights& weights) {
  if (!weights.rotary) return x;
  GraphBuilder& graph = *context.graph;
  const auto [cosine, sine] = context.attention->Rotation(*weights.rotary);
  const int64_t half = weights.rotary->rotated_dim / 2;
  const int64_t rest = weights.head_dim - 2 * half;
  std::vector<int64_t> sizes = {half, half};
  if (rest > 0) sizes.push_back(rest);
  const std::vector<Value> parts = graph.Split(x, 3, sizes);
  std::vector<Value> turned = {
      graph.Op("Sub", {graph.Op("Mul", {parts[0], cosine}), graph.Op("Mul", {parts[1], sine})}),
      graph.Op("Add", {graph.Op("Mul", {parts[1], cosine}), graph.Op("Mul", {parts[0], sine})})};
  if (rest > 0) turned.push_back(parts[2]);
  return graph.Op("Concat", turned, {{"axis", int64_t{3}}});
}

// The properties in which query, key and value differ: the number of heads, and the norm.
struct HeadsOf {
  int heads;
  const std::optional<NormWeights>* norm = nullptr;
};

// [batch, tokens, heads * head_dim] -> [batch, tokens, heads, head_dim], normalised.
Value SplitHeads(const LayerContext& context, const Value& x, const AttentionWeights& weights,
                 const HeadsOf& of, const std::string& norm_name) {
  Value heads = context.graph->Reshape(x, {0, 0, of.heads, weights.head_dim});
  if (of.norm == nullptr || !*of.norm) return heads;
  return EmitNorm(context.graph, heads, **of.norm, weights.head_dim, norm_name);
}

// Repeats each of the key_value_heads once for each query head that it serves.
Value RepeatHeads(GraphBuilder* graph, const Value& x, const AttentionWeights& weights) {
  const int64_t times = weights.heads / weights.key_value_heads;
  if (times == 1) return x;
  const Value apart = graph->Unsqueeze(x, {2});
  const Value repeated = graph->Op("Expand", {apart, graph->Integers({1, 1, times, 1, 1})});
  return graph->Reshape(repeated, {0, weights.heads, -1, weights.head_dim});
}

Value EmitAttention(const LayerContext& context, const Value& x, const AttentionWeights& weights,
                    const std::string& name) {
  GraphBuilder& graph = *context.graph;
  const Value mask = context.attention->Mask(weights.causal, weights.window);
  if (weights.rotary) context.attention->Rotation(*weights.rotary);
  graph.SetScope(name);
  const std::vector<Value> parts = context.linear->EmitEach(
      &graph, x, {weights.query, weights.key, weights.value}, name + "/query_key_value");
  Value query = SplitHeads(context, parts[0], weights, {weights.heads, &weights.query_norm},
                           name + "/query_norm");
  Value key = SplitHeads(context, parts[1], weights, {weights.key_value_heads, &weights.key_norm},
                         name + "/key_norm");
  Value value = SplitHeads(context, parts[2], weights, {weights.key_value_heads}, "");
  query = graph.Transpose(query, {0, 2, 1, 3});
  value = RepeatHeads(&graph, graph.Transpose(value, {0, 2, 1, 3}), weights);
  if (weights.rotary || weights.heads != weights.key_value_heads) {
    query = Rotate(context, query, weights);
    key = Rotate(context, graph.Transpose(key, {0, 2, 1, 3}), weights);
    key = graph.Transpose(RepeatHeads(&graph, key, weights), {0, 1, 3, 2});
  } else {
    key = graph.Transpose(key, {0, 2, 3, 1});  // One transposition is 1 % faster than two.
  }
  Value scores = graph.Op("MatMul", {query, key});
  scores = graph.Op("Mul", {scores, graph.Scalar(static_cast<float>(weights.scale))});
  if (context.encoder->relative_bias) {
    const Value& bias = context.attention->DistanceBias(*context.encoder->relative_bias);
    graph.SetScope(name);
    scores = graph.Op("Add", {scores, bias});
  }
  const Value shares = graph.Softmax(graph.Op("Add", {scores, mask}));
  const Value mixed = graph.Transpose(graph.Op("MatMul", {shares, value}), {0, 2, 1, 3});
  const Value joined = graph.Reshape(mixed, {0, 0, int64_t{weights.heads} * weights.head_dim});
  return context.linear->Emit(&graph, joined, {weights.output}, name + "/output");
}

Value EmitFeedForward(const LayerContext& context, const Value& x,
                      const FeedForwardWeights& weights, const std::string& name) {
  GraphBuilder& graph = *context.graph;
  graph.SetScope(name);
  Value inner;
  if (weights.gate) {
    const std::vector<Value> parts =
        context.linear->EmitEach(&graph, x, {*weights.gate, weights.up}, name + "/gate_up");
    inner = graph.Op("Mul", {EmitActivation(&graph, parts[0], weights.activation), parts[1]});
  } else {
    inner = EmitActivation(&graph, context.linear->Emit(&graph, x, {weights.up}, name + "/up"),
                           weights.activation);
  }
  return context.linear->Emit(&graph, inner, {weights.down}, name + "/down");
}

}  // namespace

Value EmitLayer(const LayerContext& context, const Value& x, const EncoderLayer& layer,
                const std::string& name) {
  GraphBuilder& graph = *context.graph;
  const std::string attention = name + "/attention";
  graph.SetScope(attention);
  const Value attention_in = NormIfAny(context, x, layer.attention_in_norm, attention + "/in_norm");
  Value branch = EmitAttention(context, attention_in, layer.attention, attention);
  branch = NormIfAny(context, branch, layer.attention_out_norm, attention + "/out_norm");
  const Value middle = NormIfAny(context, graph.Op("Add", {branch, x}), layer.attention_after_norm,
                                 attention + "/after_norm");
  const std::string feed_forward = name + "/feed_forward";
  graph.SetScope(feed_forward);
  const Value forward_in =
      NormIfAny(context, middle, layer.feed_forward_in_norm, feed_forward + "/in_norm");
  branch = EmitFeedForward(context, forward_in, layer.feed_forward, feed_forward);
  branch = NormIfAny(context, branch, layer.feed_forward_out_norm, feed_forward + "/out_norm");
  return NormIfAny(context, graph.Op("Add", {branch, middle}), layer.feed_forward_after_norm,
                   feed_forward + "/after_norm");
}

}  // namespace vetor
