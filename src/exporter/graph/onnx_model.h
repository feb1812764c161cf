// An ONNX model in memory, without its weights: what the graph builder makes and the file writer
// writes. Names mirror onnx.proto3 of the ONNX project.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// TensorProto.DataType, as far as exported graphs use it.
enum class OnnxElement : int32_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
};

/// Bytes of one element.
uint64_t OnnxElementBytes(OnnxElement element);

/// Takes the next bytes of a tensor.
using ByteSink = std::function<Status(std::string_view)>;

/// A tensor that is part of the model. Its bytes are made when the file is written, piece by piece,
/// so that no weight lies in memory beside its checkpoint.
struct OnnxInitializer {
  std::string name;
  OnnxElement element = OnnxElement::kFloat;
  std::vector<int64_t> dims;
  /// Gives exactly bytes() bytes, row-major and little-endian, to the sink. Called once a file.
  std::function<Status(const ByteSink&)> write;

  uint64_t bytes() const;
};

struct OnnxAttribute {
  std::string name;
  std::variant<int64_t, float, std::vector<int64_t>> value;
};

struct OnnxNode {
  std::string op_type;
  std::string domain;  ///< Empty: the ONNX operators.
  std::string name;
  std::vector<std::string> inputs;  ///< An empty name: an optional input left out.
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
};

/// A dimension is a number or a name, e.g. "batch_size".
using OnnxDim = std::variant<int64_t, std::string>;

struct OnnxValueInfo {
  std::string name;
  OnnxElement element = OnnxElement::kFloat;
  std::vector<OnnxDim> dims;
};

struct OnnxModel {
  int opset = 12;
  std::vector<std::pair<std::string, int>> other_domains;  ///< E.g. {"com.microsoft", 1}.
  std::string graph_name;
  std::vector<OnnxNode> nodes;  ///< In an order in which they can run.
  std::vector<OnnxInitializer> initializers;
  std::vector<OnnxValueInfo> inputs, outputs;
};

}  // namespace vetor
