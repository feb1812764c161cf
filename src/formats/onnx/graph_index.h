// Finds the producer and the consumers of each value of an ONNX graph, and the values that are
// constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/onnx/element_type.h"
#include "formats/onnx/graph_view.h"

namespace vetor {

/// A tensor of a few numbers that lies in the graph.
struct SmallTensor {
  OnnxElement element = OnnxElement::kUndefined;
  std::vector<int64_t> dims;
  std::vector<double> values;  ///< The first 16 numbers of a float32 or int64 tensor.
};

/// Immutable. Covers the model's own graph in `view`, which must outlive it.
class OnnxGraphIndex {
 public:
  /// Throws ProtoError for malformed numbers of a tensor.
  explicit OnnxGraphIndex(const OnnxGraphView& view);

  const std::vector<OnnxNodeView>& nodes() const { return view_.nodes(); }
  /// The node that makes `value`, if it is one of the standard operators; null for another
  /// operator's node, an input and an initialiser.
  const OnnxNodeView* Producer(std::string_view value) const;
  /// As Producer, but only if the operator is `op_type` and has `inputs` inputs.
  const OnnxNodeView* Producer(std::string_view value, std::string_view op_type,
                               size_t inputs) const;
  /// How often nodes read the value. Outputs of the graph, and reads by graphs inside nodes, count
  /// too.
  size_t ConsumerCount(std::string_view value) const;
  /// Indices of the nodes that read the value.
  std::span<const size_t> Consumers(std::string_view value) const;
  /// The value's content if it is an initialiser or the output of a Constant node.
  const SmallTensor* Constant(std::string_view value) const;
  /// The value's content if it is a constant of one number.
  std::optional<double> Number(std::string_view value) const;
  bool HasInput(std::string_view name) const;

 private:
  const OnnxGraphView& view_;
  std::unordered_map<std::string_view, size_t> producers_;
  std::unordered_map<std::string_view, std::vector<size_t>> consumers_;
  std::unordered_map<std::string_view, size_t> other_consumers_;
  std::unordered_map<std::string_view, SmallTensor> constants_;
};

}  // namespace vetor
