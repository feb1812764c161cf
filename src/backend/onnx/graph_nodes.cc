#include "backend/onnx/graph_nodes.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vetor {
namespace {

constexpr int32_t kFloat = 1;  // TensorProto.DataType.
constexpr int32_t kInt64 = 7;
constexpr size_t kMostValues = 16;

template <typename T>
void Append(std::string_view bytes, std::vector<double>* values) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size() && values->size() < kMostValues;
       at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    values->push_back(static_cast<double>(value));
  }
}

// TensorProto: dims = 1, data_type = 2, float_data = 4, int64_data = 7, name = 8, raw_data = 9.
SmallTensor ReadTensor(ProtoMessage message, std::string_view* name) {
  SmallTensor tensor;
  std::string_view raw;
  std::string_view floats;
  while (message.Next()) {
    switch (message.field()) {
      case 1:
        message.Ints([&](int64_t dim) { tensor.dims.push_back(dim); });
        break;
      case 2:
        tensor.type = static_cast<int32_t>(message.Int());
        break;
      case 4:
        floats = message.Bytes();
        break;
      case 7:
        message.Ints([&](int64_t value) {
          if (tensor.values.size() < kMostValues) tensor.values.push_back(double(value));
        });
        break;
      case 8:
        *name = message.Bytes();
        break;
      case 9:
        raw = message.Bytes();
        break;
      default:
        break;
    }
  }
  if (tensor.type == kFloat) Append<float>(raw.empty() ? floats : raw, &tensor.values);
  if (tensor.type == kInt64) Append<int64_t>(raw, &tensor.values);
  return tensor;
}

// AttributeProto: name = 1.
std::string_view NameOf(ProtoMessage attribute) {
  while (attribute.Next()) {
    if (attribute.field() == 1) return attribute.Bytes();
  }
  return {};
}

// Calls `take` with the field `number` of the attribute `name`, positioned before its value.
template <typename Take>
void WithAttribute(const GraphNode& node, std::string_view name, uint32_t number, Take take) {
  for (const ProtoMessage& attribute : node.attributes) {
    if (NameOf(attribute) != name) continue;
    for (ProtoMessage message = attribute; message.Next();) {
      if (message.field() == number) take(&message);
    }
  }
}

}  // namespace

// GraphProto: node = 1, initializer = 5, input = 11, output = 12; ValueInfoProto: name = 1.
GraphNodes::GraphNodes(std::string_view bytes) {
  for (ProtoMessage graph(bytes); graph.Next();) {
    if (graph.field() == 1) {
      ProtoMessage field = graph;  // A copy at the same place: content and raw bytes of one field.
      const ProtoMessage node = field.Message();
      AddNode(node, graph.Raw());
    } else if (graph.field() == 5) {
      std::string_view name;
      SmallTensor tensor = ReadTensor(graph.Message(), &name);
      constants_[name] = std::move(tensor);
    } else if (graph.field() == 11 || graph.field() == 12) {
      const bool is_output = graph.field() == 12;
      for (ProtoMessage value = graph.Message(); value.Next();) {
        if (value.field() != 1) continue;
        const std::string_view name = value.Bytes();
        if (is_output) {
          ++other_readers_[name];
        } else {
          inputs_.push_back(name);
        }
      }
    }
  }
}

// NodeProto: input = 1, output = 2, op_type = 4, attribute = 5, domain = 7.
void GraphNodes::AddNode(ProtoMessage message, std::string_view raw) {
  const size_t index = nodes_.size();
  GraphNode& node = nodes_.emplace_back();
  node.raw = raw;
  while (message.Next()) {
    switch (message.field()) {
      case 1:
        node.inputs.push_back(message.Bytes());
        break;
      case 2:
        node.outputs.push_back(message.Bytes());
        break;
      case 4:
        node.op_type = message.Bytes();
        break;
      case 5:
        node.attributes.push_back(message.Message());
        break;
      case 7:
        node.domain = message.Bytes();
        break;
      default:
        break;
    }
  }
  for (const std::string_view input : node.inputs) readers_[input].push_back(index);
  for (const std::string_view output : node.outputs) makers_[output] = index;
  for (const ProtoMessage& attribute : node.attributes) CountInside(attribute);
  if (node.op_type == "Constant" && !node.outputs.empty()) {
    WithAttribute(node, "value", 5, [&](ProtoMessage* value) {
      std::string_view unused;
      constants_[node.outputs[0]] = ReadTensor(value->Message(), &unused);
    });
  }
}

// AttributeProto: g = 6, graphs = 11. What a graph inside a node reads may come from outside of it.
void GraphNodes::CountInside(ProtoMessage attribute) {
  while (attribute.Next()) {
    if (attribute.field() != 6 && attribute.field() != 11) continue;
    const GraphNodes inside(attribute.Bytes());
    for (const auto& [name, readers] : inside.readers_) other_readers_[name] += readers.size();
    for (const auto& [name, readers] : inside.other_readers_) other_readers_[name] += readers;
  }
}

const GraphNode* GraphNodes::Maker(std::string_view value) const {
  const auto found = makers_.find(value);
  if (found == makers_.end()) return nullptr;
  const GraphNode& node = nodes_[found->second];
  return node.domain.empty() || node.domain == "ai.onnx" ? &node : nullptr;
}

const GraphNode* GraphNodes::Maker(std::string_view value, std::string_view op_type,
                                   size_t inputs) const {
  const GraphNode* node = Maker(value);
  return node != nullptr && node->op_type == op_type && node->inputs.size() == inputs ? node
                                                                                      : nullptr;
}

size_t GraphNodes::Readers(std::string_view value) const {
  const auto found = other_readers_.find(value);
  return ReadersOf(value).size() + (found == other_readers_.end() ? 0 : found->second);
}

std::span<const size_t> GraphNodes::ReadersOf(std::string_view value) const {
  const auto found = readers_.find(value);
  return found == readers_.end() ? std::span<const size_t>() : std::span(found->second);
}

const SmallTensor* GraphNodes::Constant(std::string_view value) const {
  const auto found = constants_.find(value);
  return found == constants_.end() ? nullptr : &found->second;
}

std::optional<double> GraphNodes::Number(std::string_view value) const {
  const SmallTensor* tensor = Constant(value);
  if (tensor == nullptr || tensor->values.size() != 1) return std::nullopt;
  return tensor->values[0];
}

bool GraphNodes::HasInput(std::string_view name) const {
  return std::find(inputs_.begin(), inputs_.end(), name) != inputs_.end();
}

// AttributeProto: f = 2, i = 3, ints = 8.
std::optional<double> FloatAttribute(const GraphNode& node, std::string_view name) {
  std::optional<double> value;
  WithAttribute(node, name, 2, [&](ProtoMessage* field) { value = double(field->Float()); });
  return value;
}

std::vector<int64_t> IntAttributes(const GraphNode& node, std::string_view name) {
  std::vector<int64_t> values;
  WithAttribute(node, name, 3, [&](ProtoMessage* field) { values.push_back(field->Int()); });
  WithAttribute(node, name, 8, [&](ProtoMessage* field) {
    field->Ints([&](int64_t value) { values.push_back(value); });
  });
  return values;
}

}  // namespace vetor
