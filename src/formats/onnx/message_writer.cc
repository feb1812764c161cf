#include "formats/onnx/message_writer.h"

#include <protozero/pbf_writer.hpp>

#include "formats/onnx/schema.h"

namespace vetor {
namespace {

using onnx::AttributeProto;
using onnx::NodeProto;
using onnx::TensorProto;

using Bytes = std::string;

Bytes AttributeBytes(const OnnxAttribute& attribute) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(AttributeProto::kName, attribute.name);
  if (const auto* number = std::get_if<float>(&attribute.value)) {
    writer.add_float(AttributeProto::kFloat, *number);
    writer.add_enum(AttributeProto::kType, AttributeProto::kTypeFloat);
  } else if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    writer.add_int64(AttributeProto::kInt, *integer);
    writer.add_enum(AttributeProto::kType, AttributeProto::kTypeInt);
  } else if (const auto* tensor = std::get_if<OnnxConstant>(&attribute.value)) {
    writer.add_message(AttributeProto::kTensor, OnnxTensorBytes(*tensor));
    writer.add_enum(AttributeProto::kType, AttributeProto::kTypeTensor);
  } else {
    for (const int64_t item : std::get<std::vector<int64_t>>(attribute.value)) {
      writer.add_int64(AttributeProto::kInts, item);
    }
    writer.add_enum(AttributeProto::kType, AttributeProto::kTypeInts);
  }
  return bytes;
}

Bytes TensorBegin(const std::vector<int64_t>& dims, OnnxElement element, const Bytes& name) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const int64_t dim : dims) writer.add_int64(TensorProto::kDims, dim);
  writer.add_enum(TensorProto::kDataType, static_cast<int32_t>(element));
  writer.add_string(TensorProto::kName, name);
  return bytes;
}

void AppendEntry(std::string_view key, const Bytes& value, Bytes* tensor) {
  Bytes entry;
  AppendField(onnx::StringStringEntryProto::kKey, key, &entry);
  AppendField(onnx::StringStringEntryProto::kValue, value, &entry);
  AppendField(TensorProto::kExternalData, entry, tensor);
}

}  // namespace

std::string OnnxNodeBytes(const OnnxNode& node) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const std::string& input : node.inputs) writer.add_string(NodeProto::kInput, input);
  for (const std::string& output : node.outputs) writer.add_string(NodeProto::kOutput, output);
  writer.add_string(NodeProto::kName, node.name);
  writer.add_string(NodeProto::kOpType, node.op_type);
  for (const OnnxAttribute& attribute : node.attributes) {
    writer.add_message(NodeProto::kAttribute, AttributeBytes(attribute));
  }
  if (!node.domain.empty()) writer.add_string(NodeProto::kDomain, node.domain);
  return bytes;
}

std::string OnnxValueBytes(const OnnxValueInfo& value) {
  Bytes shape;
  for (const OnnxDim& dim : value.dims) {
    Bytes bytes;
    protozero::pbf_writer writer(bytes);
    if (const auto* size = std::get_if<int64_t>(&dim)) {
      writer.add_int64(onnx::Dimension::kDimValue, *size);
    } else {
      writer.add_string(onnx::Dimension::kDimParam, std::get<std::string>(dim));
    }
    AppendField(onnx::TensorShapeProto::kDim, bytes, &shape);
  }
  Bytes tensor;
  protozero::pbf_writer tensor_writer(tensor);
  tensor_writer.add_enum(onnx::TensorType::kElemType, static_cast<int32_t>(value.element));
  tensor_writer.add_message(onnx::TensorType::kShape, shape);
  Bytes type;
  AppendField(onnx::TypeProto::kTensorType, tensor, &type);
  Bytes bytes;
  AppendField(onnx::ValueInfoProto::kName, value.name, &bytes);
  AppendField(onnx::ValueInfoProto::kType, type, &bytes);
  return bytes;
}

std::string OnnxOpsetBytes(const std::string& domain, int version) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(onnx::OperatorSetIdProto::kDomain, domain);
  writer.add_int64(onnx::OperatorSetIdProto::kVersion, version);
  return bytes;
}

std::string OnnxTensorBegin(const OnnxInitializer& tensor) {
  return TensorBegin(tensor.dims, tensor.element, tensor.name);
}

std::string OnnxTensorBytes(const OnnxConstant& tensor) {
  Bytes bytes = TensorBegin(tensor.dims, tensor.element, tensor.name);
  AppendOnnxRawData(tensor.bytes, &bytes);
  return bytes;
}

void AppendOnnxRawData(std::string_view data, std::string* tensor) {
  AppendField(TensorProto::kRawData, data, tensor);
}

void AppendOnnxReference(const OnnxReference& reference, std::string* tensor) {
  AppendEntry("location", reference.location, tensor);
  if (reference.offset) AppendEntry("offset", std::to_string(*reference.offset), tensor);
  AppendEntry("length", std::to_string(reference.length), tensor);
  protozero::pbf_writer(*tensor).add_enum(TensorProto::kDataLocation, TensorProto::kExternal);
}

void AppendField(uint32_t field, std::string_view content, std::string* message) {
  protozero::pbf_writer(*message).add_bytes(field, content.data(), content.size());
}

void AppendFieldHead(uint32_t field, uint64_t length, std::string* message) {
  constexpr uint64_t kLengthDelimited = 2;  // The wire type of strings, bytes and messages.
  protozero::add_varint_to_buffer(message, (static_cast<uint64_t>(field) << 3U) | kLengthDelimited);
  protozero::add_varint_to_buffer(message, length);
}

}  // namespace vetor
