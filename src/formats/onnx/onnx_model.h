// An ONNX model in memory, without its weights. A graph builder makes it and onnx_file.h writes it.
// Names mirror those of schema.h.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "formats/onnx/element_type.h"
#include "vetor/status.h"

namespace vetor {

/// Takes the next bytes of a tensor.
using ByteSink = std::function<Status(std::string_view)>;

/// A tensor of the model. Its bytes are made piece by piece when the file is written, so that no
/// weight lies in memory beside its checkpoint.
struct OnnxInitializer {
  std::string name;
  OnnxElement element = OnnxElement::kFloat;
  std::vector<int64_t> dims;
  /// Gives exactly bytes() bytes, row-major and little-endian, to the sink. It is called once per
  /// file.
  std::function<Status(const ByteSink&)> write;

  uint64_t bytes() const;
};

/// A tensor of a few numbers, which the struct holds.
struct OnnxConstant {
  std::string name;
  OnnxElement element = OnnxElement::kFloat;
  std::vector<int64_t> dims;
  std::string bytes;  ///< Row-major, little-endian.
};

struct OnnxAttribute {
  std::string name;
  std::variant<int64_t, float, std::vector<int64_t>, OnnxConstant> value;
};

struct OnnxNode {
  std::string op_type;
  std::string domain;  ///< Empty for the standard ONNX operators.
  std::string name;
  /// An empty name stands for an optional input that is left out.
  std::vector<std::string> inputs;
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
  std::vector<OnnxNode> nodes;  ///< Every node comes after the nodes whose outputs it reads.
  std::vector<OnnxInitializer> initializers;
  std::vector<OnnxValueInfo> inputs, outputs;
};

}  // namespace vetor
