#include "formats/onnx/graph_index.h"

#include <algorithm>

#include "formats/onnx/tensor_reader.h"

namespace vetor {
namespace {

constexpr size_t kMostValues = 16;

}  // namespace

OnnxGraphIndex::OnnxGraphIndex(const OnnxGraphView& view) : view_(view) {
  for (size_t i = 0; i < nodes().size(); ++i) {
    for (const std::string_view input : nodes()[i].inputs) consumers_[input].push_back(i);
    for (const std::string_view output : nodes()[i].outputs) producers_[output] = i;
  }
  for (const OnnxGraphTensor& part : view.tensors()) {
    if (part.role == OnnxGraphTensor::kOther) continue;
    // A name that a node gives as well does not count as a constant, because the format does not
    // say which of the two counts.
    if (part.role == OnnxGraphTensor::kInitializer && producers_.contains(part.value)) continue;
    constants_[part.value] = {.element = part.tensor.element,
                              .dims = part.tensor.dims,
                              .values = OnnxNumbers(part.tensor, kMostValues)};
  }
  for (const OnnxValue& output : view.outputs()) ++other_consumers_[output.name];
  // A graph inside a node may read values from outside of it.
  for (const OnnxNodeView& node : view.inner_nodes()) {
    for (const std::string_view input : node.inputs) ++other_consumers_[input];
  }
  for (const std::string_view output : view.inner_outputs()) ++other_consumers_[output];
}

const OnnxNodeView* OnnxGraphIndex::Producer(std::string_view value) const {
  const auto found = producers_.find(value);
  if (found == producers_.end()) return nullptr;
  const OnnxNodeView& node = nodes()[found->second];
  return node.domain.empty() || node.domain == "ai.onnx" ? &node : nullptr;
}

const OnnxNodeView* OnnxGraphIndex::Producer(std::string_view value, std::string_view op_type,
                                             size_t inputs) const {
  const OnnxNodeView* node = Producer(value);
  return node != nullptr && node->op_type == op_type && node->inputs.size() == inputs ? node
                                                                                      : nullptr;
}

size_t OnnxGraphIndex::ConsumerCount(std::string_view value) const {
  const auto found = other_consumers_.find(value);
  return Consumers(value).size() + (found == other_consumers_.end() ? 0 : found->second);
}

std::span<const size_t> OnnxGraphIndex::Consumers(std::string_view value) const {
  const auto found = consumers_.find(value);
  return found == consumers_.end() ? std::span<const size_t>() : std::span(found->second);
}

const SmallTensor* OnnxGraphIndex::Constant(std::string_view value) const {
  const auto found = constants_.find(value);
  return found == constants_.end() ? nullptr : &found->second;
}

std::optional<double> OnnxGraphIndex::Number(std::string_view value) const {
  const SmallTensor* tensor = Constant(value);
  if (tensor == nullptr || tensor->values.size() != 1) return std::nullopt;
  return tensor->values[0];
}

bool OnnxGraphIndex::HasInput(std::string_view name) const {
  return std::any_of(view_.inputs().begin(), view_.inputs().end(),
                     [&](const OnnxValue& input) { return input.name == name; });
}

}  // namespace vetor
