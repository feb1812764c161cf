// The nodes of a GraphProto as a table: who makes a value, who reads it, which values are
// constants. Views into the graph's bytes, which must stay.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/proto_message.h"

namespace vetor {

/// A tensor of few numbers that lies in the graph.
struct SmallTensor {
  int32_t type = 0;  ///< TensorProto.DataType.
  std::vector<int64_t> dims;
  std::vector<double> values;  ///< Of float32 and int64 tensors with at most 16 numbers.
};

struct GraphNode {
  std::string_view raw;  ///< GraphProto.node as it stands, tag and length included.
  std::string_view op_type;
  std::string_view domain;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<ProtoMessage> attributes;
};

class GraphNodes {
 public:
  /// Throws protozero::exception where the bytes are malformed.
  explicit GraphNodes(std::string_view graph);

  const std::vector<GraphNode>& nodes() const { return nodes_; }
  /// Null where it is an input or an initialiser. Of the standard operators only.
  const GraphNode* Maker(std::string_view value) const;
  /// The same, if its operator is `op_type` and it has `inputs` inputs.
  const GraphNode* Maker(std::string_view value, std::string_view op_type, size_t inputs) const;
  /// How many nodes read it; an output of the graph, and what graphs inside nodes read, counts too.
  size_t Readers(std::string_view value) const;
  /// Indices of the nodes that read it.
  std::span<const size_t> ReadersOf(std::string_view value) const;
  /// An initialiser, or the output of a Constant node.
  const SmallTensor* Constant(std::string_view value) const;
  /// A constant that is one number.
  std::optional<double> Number(std::string_view value) const;
  bool HasInput(std::string_view name) const;

 private:
  void AddNode(ProtoMessage message, std::string_view raw);
  void CountInside(ProtoMessage attribute);

  std::vector<GraphNode> nodes_;
  std::unordered_map<std::string_view, size_t> makers_;
  std::unordered_map<std::string_view, std::vector<size_t>> readers_;
  std::unordered_map<std::string_view, size_t> other_readers_;
  std::unordered_map<std::string_view, SmallTensor> constants_;
  std::vector<std::string_view> inputs_;
};

/// Attributes of a node, by name.
std::optional<double> FloatAttribute(const GraphNode& node, std::string_view name);
std::vector<int64_t> IntAttributes(const GraphNode& node, std::string_view name);

}  // namespace vetor
