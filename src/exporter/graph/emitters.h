// The two places at which an encoder's weights enter a graph. Code that stores weights in another
// way (fp16, int8) implements these interfaces, and the rest of the graph stays as it is.
#pragma once

#include <string_view>
#include <vector>

#include "encoder/encoder.h"
#include "exporter/graph/graph_builder.h"

namespace vetor {

/// Immutable; one object may serve several graphs.
class LinearEmitter {
 public:
  virtual ~LinearEmitter() = default;

  /// y = x Wt + b for one or more layers that read the same x [batch, tokens, in]. Their outputs
  /// lie side by side in y [batch, tokens, sum of out]. Both are float32. `name` is that of the
  /// weights in the graph, for example "layer.0/attention/query_key_value".
  virtual Value Emit(GraphBuilder* graph, const Value& x, const std::vector<LinearWeights>& layers,
                     std::string_view name) const = 0;

  /// The outputs of several layers that read the same x. They are computed as one layer `name`,
  /// whose output is then split. One product is 1 to 3 % faster than three (MiniLM, 16 to 64 tokens
  /// per text).
  std::vector<Value> EmitEach(GraphBuilder* graph, const Value& x,
                              const std::vector<LinearWeights>& layers,
                              std::string_view name) const;
};

class EmbeddingEmitter {
 public:
  virtual ~EmbeddingEmitter() = default;

  /// The rows `indices` (int64, any shape) of `table` [rows, width], float32 [indices..., width].
  virtual Value Emit(GraphBuilder* graph, const Value& indices, const TensorView& table,
                     std::string_view name) const = 0;
};

/// MatMul and Add with weights in kFloat or kFloat16. In fp16 only the product is computed in fp16:
/// x is cast before and y after it, so that residual stream, norms and softmax keep float32's
/// range. The bias is added in float32.
class FloatLinear final : public LinearEmitter {
 public:
  explicit FloatLinear(OnnxElement element) : element_(element) {}
  Value Emit(GraphBuilder* graph, const Value& x, const std::vector<LinearWeights>& layers,
             std::string_view name) const override;

 private:
  OnnxElement element_;
};

/// A Gather, and a cast if the table is kFloat16.
class FloatEmbedding final : public EmbeddingEmitter {
 public:
  explicit FloatEmbedding(OnnxElement element) : element_(element) {}
  Value Emit(GraphBuilder* graph, const Value& indices, const TensorView& table,
             std::string_view name) const override;

 private:
  OnnxElement element_;
};

/// The biases of `layers` side by side, with zeros for a layer that has none; empty if no layer has
/// one.
Value EmitBias(GraphBuilder* graph, const std::vector<LinearWeights>& layers,
               std::string_view name);

}  // namespace vetor
