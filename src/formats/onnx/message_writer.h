// Writes the messages of schema.h; no other code does. onnx_file.h puts them together to a file;
// the rewriting of a graph puts them between fields that stay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/onnx/onnx_model.h"

namespace vetor {

/// The content of a NodeProto, ValueInfoProto or OperatorSetIdProto.
std::string OnnxNodeBytes(const OnnxNode& node);
std::string OnnxValueBytes(const OnnxValueInfo& value);
std::string OnnxOpsetBytes(const std::string& domain, int version);

/// A TensorProto up to its data: dimensions, type and name.
std::string OnnxTensorBegin(const OnnxInitializer& tensor);
/// A whole TensorProto.
std::string OnnxTensorBytes(const OnnxConstant& tensor);

/// Appends raw_data to the TensorProto in `tensor`.
void AppendOnnxRawData(std::string_view data, std::string* tensor);

/// Where data lie that are not in the graph.
struct OnnxReference {
  std::string location;
  std::optional<uint64_t> offset;  ///< If it is absent, it is not written, which means 0.
  uint64_t length = 0;
};
/// Appends external_data and data_location to the TensorProto in `tensor`.
void AppendOnnxReference(const OnnxReference& reference, std::string* tensor);

/// Appends a field whose value is a message, a string or bytes.
void AppendField(uint32_t field, std::string_view content, std::string* message);
/// Appends the tag and length of such a field. Its `length` bytes follow.
void AppendFieldHead(uint32_t field, uint64_t length, std::string* message);

}  // namespace vetor
