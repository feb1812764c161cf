#include "formats/onnx/graph_index.h"

#include <algorithm>
#include <utility>

#include "formats/onnx/tensor_reader.h"

namespace vetor {
namespace {

using onnx::GraphProto;

constexpr size_t kMostValues = 16;

SmallTensor ReadSmallTensor(OnnxTensorView tensor) {
  return {.element = tensor.element,
          .dims = std::move(tensor.dims),
          .values = OnnxNumbers(tensor, kMostValues)};
}

}  // namespace

OnnxGraphIndex::OnnxGraphIndex(ProtoMessage graph) {
  while (graph.Next()) {
    switch (graph.field()) {
      case GraphProto::kNode:
        AddNode(graph.Message());
        break;
      case GraphProto::kInitializer: {
        const OnnxTensorView tensor = ReadOnnxTensor(graph.Message());
        constants_[tensor.name] = ReadSmallTensor(tensor);
        break;
      }
      case GraphProto::kInput:
        inputs_.push_back(ReadOnnxValueName(graph.Message()));
        break;
      case GraphProto::kOutput:
        ++other_consumers_[ReadOnnxValueName(graph.Message())];
        break;
      default:
        break;
    }
  }
}

void OnnxGraphIndex::AddNode(ProtoMessage message) {
  const size_t index = nodes_.size();
  const OnnxNodeView& node = nodes_.emplace_back(ReadOnnxNode(message));
  for (const std::string_view input : node.inputs) consumers_[input].push_back(index);
  for (const std::string_view output : node.outputs) producers_[output] = index;
  for (ProtoMessage attribute : node.attributes) {
    while (attribute.Next()) {
      if (IsOnnxGraph(attribute.field())) CountInside(attribute.Message());
    }
  }
  if (node.op_type == "Constant" && !node.outputs.empty()) AddConstant(node);
}

void OnnxGraphIndex::AddConstant(const OnnxNodeView& node) {
  for (const ProtoMessage& message : node.attributes) {
    if (ReadOnnxAttribute(message).name != "value") continue;
    for (ProtoMessage value = message; value.Next();) {
      if (!IsOnnxTensor(value.field())) continue;
      constants_[node.outputs[0]] = ReadSmallTensor(ReadOnnxTensor(value.Message()));
    }
  }
}

// What a graph inside a node reads may come from outside of it.
void OnnxGraphIndex::CountInside(ProtoMessage graph) {
  const OnnxGraphIndex inside(graph);
  for (const auto& [name, consumers] : inside.consumers_) {
    other_consumers_[name] += consumers.size();
  }
  for (const auto& [name, count] : inside.other_consumers_) other_consumers_[name] += count;
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
  return std::find(inputs_.begin(), inputs_.end(), name) != inputs_.end();
}

}  // namespace vetor
