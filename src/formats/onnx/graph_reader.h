// The one reader of the parts of an ONNX graph as its file holds them: nodes, attributes, values.
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

/// A NodeProto. Views into the file's bytes, which must outlive it, as for all structs named View.
struct OnnxNodeView {
  std::string_view field;  ///< As it stands in its graph, tag and length included.
  std::string_view op_type;
  std::string_view domain;  ///< Empty: the ONNX operators.
  std::span<const std::string_view> inputs;
  std::span<const std::string_view> outputs;
  std::span<const std::string_view> attributes;  ///< AttributeProtos.
  /// The nodes of graphs inside of it, among the inner nodes of the view.
  uint32_t inner_begin = 0, inner_end = 0;
};

/// An AttributeProto. Of its value it has the integer alone.
struct OnnxAttributeView {
  std::string_view name;
  int64_t integer = 0;  ///< 0 also if the value is something else.
  bool nested = false;  ///< It has tensors or graphs.
  bool sparse = false;  ///< It has a sparse tensor.
  /// A message occurs twice in a place for one. protobuf merges the two, so that the runtime would
  /// see another graph than this reader.
  bool tensor_twice = false, graph_twice = false;
};

struct OnnxOpset {
  std::string_view domain;  ///< Empty: the ONNX operators.
  int64_t version = 0;
};

/// An input or output of a graph, by value.
struct OnnxValue {
  std::string name;
  OnnxElement element = OnnxElement::kUndefined;  ///< kUndefined: not said, or not a tensor.
  std::vector<int64_t> dims;                      ///< -1: free, e.g. batch_size.
  bool has_shape = true;                          ///< False: rank unknown, `dims` empty.
};

/// Each function below throws ProtoError for malformed bytes. None reads a graph inside a node.
OnnxAttributeView ReadOnnxAttribute(ProtoMessage attribute);
OnnxOpset ReadOnnxOpset(ProtoMessage opset);
OnnxValue ReadOnnxValue(ProtoMessage value_info);
std::string_view ReadOnnxValueName(ProtoMessage value_info);

/// The first output that has a name; empty without one.
std::string_view OnnxFirstOutput(const OnnxNodeView& node);
/// The float attribute `name` of a node; nullopt without one.
std::optional<double> OnnxFloat(const OnnxNodeView& node, std::string_view name);
/// The integer or integers of attribute `name`; empty without it.
std::vector<int64_t> OnnxInts(const OnnxNodeView& node, std::string_view name);

/// Whether a field of an AttributeProto is a tensor, or a graph: of the one or of the list.
constexpr bool IsOnnxTensor(uint32_t attribute_field) {
  return attribute_field == onnx::AttributeProto::kTensor ||
         attribute_field == onnx::AttributeProto::kTensors;
}
constexpr bool IsOnnxGraph(uint32_t attribute_field) {
  return attribute_field == onnx::AttributeProto::kGraph ||
         attribute_field == onnx::AttributeProto::kGraphs;
}

}  // namespace vetor
