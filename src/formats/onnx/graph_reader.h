// Reads the parts of an ONNX graph from its file: nodes, attributes, values. No other code does.
// graph_view.h reads a whole file with it; graph_index.h knows the producer and the consumers of a
// value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/element_type.h"
#include "formats/onnx/schema.h"
#include "formats/proto_message.h"

namespace vetor {

/// A NodeProto. It holds views into the file's bytes, which must outlive it, as do all structs
/// named View.
struct OnnxNodeView {
  std::string_view field;  ///< The node as it stands in its graph, with tag and length.
  std::string_view op_type;
  std::string_view domain;  ///< Empty for the standard ONNX operators.
  std::span<const std::string_view> inputs;
  std::span<const std::string_view> outputs;
  std::span<const std::string_view> attributes;  ///< The node's AttributeProtos.
  /// Where the nodes of graphs inside this node lie among the view's inner nodes.
  uint32_t inner_begin = 0, inner_end = 0;
};

/// An AttributeProto. Of the value, it holds only the integer.
struct OnnxAttributeView {
  std::string_view name;
  int64_t integer = 0;  ///< 0 if the value is not an integer.
  bool nested = false;  ///< True if it has tensors or graphs.
  bool sparse = false;  ///< True if it has a sparse tensor.
  /// True if a message occurs twice in a place for one. protobuf merges the two, so the runtime
  /// would see another graph than this reader.
  bool tensor_twice = false, graph_twice = false;
};

struct OnnxOpset {
  std::string_view domain;  ///< Empty for the standard ONNX operators.
  int64_t version = 0;
};

/// An input or output of a graph.
struct OnnxValue {
  std::string name;
  /// kUndefined if the file does not say it, or if the value is not a tensor.
  OnnxElement element = OnnxElement::kUndefined;
  std::vector<int64_t> dims;  ///< -1 for a free dimension, such as batch_size.
  bool has_shape = true;      ///< False if the rank is unknown; `dims` is empty then.
};

/// Each function below throws ProtoError if the bytes are malformed. None reads a graph inside a
/// node.
OnnxAttributeView ReadOnnxAttribute(ProtoMessage attribute);
OnnxOpset ReadOnnxOpset(ProtoMessage opset);
OnnxValue ReadOnnxValue(ProtoMessage value_info);
std::string_view ReadOnnxValueName(ProtoMessage value_info);

/// The first output that has a name; empty if none has.
std::string_view OnnxFirstOutput(const OnnxNodeView& node);
/// The float attribute `name` of a node; nullopt if the node has no such attribute.
std::optional<double> OnnxFloat(const OnnxNodeView& node, std::string_view name);
/// The integer or integers of attribute `name`; empty if the node has no such attribute.
std::vector<int64_t> OnnxInts(const OnnxNodeView& node, std::string_view name);

/// Whether a field of an AttributeProto is a tensor (below: a graph), alone or in a list.
constexpr bool IsOnnxTensor(uint32_t attribute_field) {
  return attribute_field == onnx::AttributeProto::kTensor ||
         attribute_field == onnx::AttributeProto::kTensors;
}
constexpr bool IsOnnxGraph(uint32_t attribute_field) {
  return attribute_field == onnx::AttributeProto::kGraph ||
         attribute_field == onnx::AttributeProto::kGraphs;
}

}  // namespace vetor
