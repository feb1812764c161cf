#include "formats/onnx/graph_reader.h"

#include <utility>

#include "formats/onnx/tensor_reader.h"

namespace vetor {
namespace {

using onnx::AttributeProto;

// -1 for a dimension that has a name, or neither a name nor a number.
int64_t ReadDimension(ProtoMessage dimension) {
  int64_t size = -1;
  while (dimension.Next()) {
    if (dimension.field() == onnx::Dimension::kDimValue) size = dimension.Int();
  }
  return size;
}

void ReadTensorType(ProtoMessage type, OnnxValue* value) {
  while (type.Next()) {
    if (type.field() == onnx::TensorType::kElemType) {
      value->element = static_cast<OnnxElement>(type.Int());
    } else if (type.field() == onnx::TensorType::kShape) {
      ProtoMessage shape = type.Message();
      value->has_shape = true;
      while (shape.Next()) {
        if (shape.field() == onnx::TensorShapeProto::kDim && value->dims.size() <= kMostOnnxDims) {
          value->dims.push_back(ReadDimension(shape.Message()));
        }
      }
    }
  }
}

}  // namespace

OnnxAttributeView ReadOnnxAttribute(ProtoMessage attribute) {
  OnnxAttributeView view;
  bool has_tensor = false;
  bool has_graph = false;
  while (attribute.Next()) {
    switch (attribute.field()) {
      case AttributeProto::kName:
        view.name = attribute.Bytes();
        break;
      case AttributeProto::kInt:
        view.integer = attribute.Int();
        break;
      case AttributeProto::kTensor:
        view.tensor_twice = std::exchange(has_tensor, true) || view.tensor_twice;
        view.nested = true;
        break;
      case AttributeProto::kGraph:
        view.graph_twice = std::exchange(has_graph, true) || view.graph_twice;
        view.nested = true;
        break;
      case AttributeProto::kTensors:
      case AttributeProto::kGraphs:
        view.nested = true;
        break;
      case AttributeProto::kSparseTensor:
      case AttributeProto::kSparseTensors:
        view.sparse = true;
        break;
      default:
        break;
    }
  }
  return view;
}

OnnxOpset ReadOnnxOpset(ProtoMessage message) {
  OnnxOpset opset;
  while (message.Next()) {
    if (message.field() == onnx::OperatorSetIdProto::kDomain) {
      opset.domain = message.Bytes();
    } else if (message.field() == onnx::OperatorSetIdProto::kVersion) {
      opset.version = message.Int();
    }
  }
  return opset;
}

OnnxValue ReadOnnxValue(ProtoMessage value_info) {
  OnnxValue value{.has_shape = false};
  while (value_info.Next()) {
    if (value_info.field() == onnx::ValueInfoProto::kName) {
      value.name = std::string(value_info.Bytes());
    } else if (value_info.field() == onnx::ValueInfoProto::kType) {
      ProtoMessage type = value_info.Message();
      while (type.Next()) {
        if (type.field() == onnx::TypeProto::kTensorType) ReadTensorType(type.Message(), &value);
      }
    }
  }
  return value;
}

std::string_view ReadOnnxValueName(ProtoMessage value_info) {
  std::string_view name;
  while (value_info.Next()) {
    if (value_info.field() == onnx::ValueInfoProto::kName) name = value_info.Bytes();
  }
  return name;
}

std::string_view OnnxFirstOutput(const OnnxNodeView& node) {
  for (const std::string_view output : node.outputs) {
    if (!output.empty()) return output;
  }
  return {};
}

std::optional<double> OnnxFloat(const OnnxNodeView& node, std::string_view name) {
  std::optional<double> value;
  for (const std::string_view bytes : node.attributes) {
    ProtoMessage attribute(bytes);
    if (ReadOnnxAttribute(attribute).name != name) continue;
    while (attribute.Next()) {
      if (attribute.field() == AttributeProto::kFloat) value = double{attribute.Float()};
    }
  }
  return value;
}

std::vector<int64_t> OnnxInts(const OnnxNodeView& node, std::string_view name) {
  std::vector<int64_t> values;
  for (const std::string_view bytes : node.attributes) {
    ProtoMessage attribute(bytes);
    if (ReadOnnxAttribute(attribute).name != name) continue;
    while (attribute.Next()) {
      if (attribute.field() == AttributeProto::kInt) values.push_back(attribute.Int());
      if (attribute.field() == AttributeProto::kInts) {
        attribute.Ints([&](int64_t value) { values.push_back(value); });
      }
    }
  }
  return values;
}

}  // namespace vetor
