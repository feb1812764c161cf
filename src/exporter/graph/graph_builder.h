// Builds an OnnxModel node by node, in the spelling of one operator set.
//
// A value is the name of a node's output or of an initialiser. Float values are float32 unless a
// function says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/onnx_model.h"

namespace vetor {

using Value = std::string;

/// Not thread-safe. The order of the calls is the order of the nodes.
class GraphBuilder {
 public:
  explicit GraphBuilder(int opset) { model_.opset = opset; }

  int opset() const { return model_.opset; }

  /// Sets the beginning of the names of the values that follow, for example "layer.0/attention".
  void SetScope(std::string scope) { scope_ = std::move(scope); }

  /// Adds a node with one output.
  Value Op(std::string_view op_type, std::vector<Value> inputs,
           std::vector<OnnxAttribute> attributes = {});
  /// Adds a node with several outputs.
  std::vector<Value> Ops(std::string_view op_type, std::vector<Value> inputs, size_t outputs,
                         std::vector<OnnxAttribute> attributes = {});

  /// Constants. Equal ones are stored once. `Integers` makes a vector, the others make scalars.
  Value Scalar(float value);
  Value Integer(int64_t value);
  Value Integers(const std::vector<int64_t>& values);

  /// A weight. Its name must be new; a second call with the same name gives the first one.
  Value Weight(OnnxInitializer initializer);

  /// Operators whose axes moved from an attribute to an input: Unsqueeze, Squeeze and ReduceSum at
  /// opset 13, ReduceMean, ReduceMax and ReduceL2 at 18.
  Value Unsqueeze(const Value& x, const std::vector<int64_t>& axes);
  Value Squeeze(const Value& x, const std::vector<int64_t>& axes);
  Value Reduce(std::string_view op_type, const Value& x, int64_t axis, bool keep = true);

  Value Cast(const Value& x, OnnxElement element);
  Value Transpose(const Value& x, std::vector<int64_t> order);
  Value Reshape(const Value& x, const std::vector<int64_t>& shape);
  /// x[begin:end] along `axis`.
  Value Slice(const Value& x, int64_t axis, int64_t begin, int64_t end);
  /// Cuts x along `axis` into parts of the given sizes.
  std::vector<Value> Split(const Value& x, int64_t axis, const std::vector<int64_t>& sizes);
  Value Softmax(const Value& x);  ///< Along the last axis.

  void AddInput(OnnxValueInfo input) { model_.inputs.push_back(std::move(input)); }
  /// Gives `value` the name of the output.
  void AddOutput(const Value& value, OnnxValueInfo output);
  /// Uses operators of `domain`, e.g. "com.microsoft".
  void AddDomain(const std::string& domain, int version);

  /// Returns the model; the builder cannot be used afterwards.
  OnnxModel Finish(std::string graph_name);

 private:
  Value NewName(std::string_view op_type);
  Value Constant(const std::string& name, OnnxElement element, std::vector<int64_t> dims,
                 std::string bytes);

  OnnxModel model_;
  std::string scope_;
  size_t values_ = 0;
  std::map<std::string, bool> stored_;  // The names of the initialisers.
};

}  // namespace vetor
