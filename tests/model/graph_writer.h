// Writes small ONNX files field by field, for content that no Python exporter writes on request.
#pragma once

#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

namespace vetor {

struct TestTensor {
  std::string name;
  int type = 1;  // 1 is float
  std::vector<int64_t> dims;
  std::string raw_data;
};

inline std::string TensorBytes(const TestTensor& tensor) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_packed_int64(1, tensor.dims.begin(), tensor.dims.end());
  writer.add_int32(2, tensor.type);
  writer.add_string(8, tensor.name);
  writer.add_bytes(9, tensor.raw_data);
  return bytes;
}

/// A NodeProto. `attributes` are whole AttributeProtos.
inline std::string NodeBytes(const std::string& op_type, const std::vector<std::string>& inputs,
                             const std::vector<std::string>& attributes = {}) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const std::string& input : inputs) writer.add_string(1, input);
  writer.add_string(2, "out of " + op_type);
  writer.add_string(4, op_type);
  for (const std::string& attribute : attributes) writer.add_message(5, attribute);
  return bytes;
}

inline std::string ValueBytes(const std::string& name) {
  std::string bytes;
  protozero::pbf_writer(bytes).add_string(1, name);
  return bytes;
}

struct TestGraph {
  std::vector<std::string> nodes;
  std::vector<std::string> tensors;
  std::vector<std::string> inputs = {"input_ids"};
  std::vector<std::string> outputs = {"last_hidden_state"};

  std::string Bytes() const {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    for (const std::string& node : nodes) writer.add_message(1, node);
    for (const std::string& tensor : tensors) writer.add_message(5, tensor);
    for (const std::string& input : inputs) writer.add_message(11, ValueBytes(input));
    for (const std::string& output : outputs) writer.add_message(12, ValueBytes(output));
    return bytes;
  }
};

/// A ModelProto of operator set 14 with optional FunctionProtos.
inline std::string ModelBytes(const std::string& graph,
                              const std::vector<std::string>& functions = {}) {
  std::string opset;
  protozero::pbf_writer(opset).add_int64(2, 14);
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_int64(1, 7);
  writer.add_message(7, graph);
  writer.add_message(8, opset);
  for (const std::string& function : functions) writer.add_message(25, function);
  return bytes;
}

}  // namespace vetor
