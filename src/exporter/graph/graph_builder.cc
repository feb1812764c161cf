#include "exporter/graph/graph_builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace vetor {
namespace {

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

Value GraphBuilder::NewName(std::string_view op_type) {
  return scope_ + "/" + std::string(op_type) + "_" + std::to_string(values_++);
}

std::vector<Value> GraphBuilder::Ops(std::string_view op_type, std::vector<Value> inputs,
                                     size_t outputs, std::vector<OnnxAttribute> attributes) {
  OnnxNode node{.op_type = std::string(op_type),
                .inputs = std::move(inputs),
                .attributes = std::move(attributes)};
  for (size_t i = 0; i < outputs; ++i) node.outputs.push_back(NewName(op_type));
  node.name = node.outputs.front();
  model_.nodes.push_back(std::move(node));
  return model_.nodes.back().outputs;
}

Value GraphBuilder::Op(std::string_view op_type, std::vector<Value> inputs,
                       std::vector<OnnxAttribute> attributes) {
  return Ops(op_type, std::move(inputs), 1, std::move(attributes)).front();
}

Value GraphBuilder::Weight(OnnxInitializer initializer) {
  Value name = initializer.name;
  if (stored_.emplace(name, true).second) model_.initializers.push_back(std::move(initializer));
  return name;
}

Value GraphBuilder::Constant(const std::string& name, OnnxElement element,
                             std::vector<int64_t> dims, std::string bytes) {
  return Weight(
      {.name = name,
       .element = element,
       .dims = std::move(dims),
       .write = [bytes = std::move(bytes)](const ByteSink& sink) { return sink(bytes); }});
}

Value GraphBuilder::Scalar(float value) {
  // The name consists of the bits, so that two floats that print alike stay different.
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return Constant("float/" + std::to_string(value) + "/" + std::to_string(bits),
                  OnnxElement::kFloat, {}, BytesOf(std::vector<float>{value}));
}

Value GraphBuilder::Integer(int64_t value) {
  return Constant("integer/" + std::to_string(value), OnnxElement::kInt64, {},
                  BytesOf(std::vector<int64_t>{value}));
}

Value GraphBuilder::Integers(const std::vector<int64_t>& values) {
  std::string name = "integers";
  for (const int64_t value : values) name += "/" + std::to_string(value);
  return Constant(name, OnnxElement::kInt64, {static_cast<int64_t>(values.size())},
                  BytesOf(values));
}

Value GraphBuilder::Unsqueeze(const Value& x, const std::vector<int64_t>& axes) {
  if (opset() >= 13) return Op("Unsqueeze", {x, Integers(axes)});
  return Op("Unsqueeze", {x}, {{"axes", axes}});
}

Value GraphBuilder::Squeeze(const Value& x, const std::vector<int64_t>& axes) {
  if (opset() >= 13) return Op("Squeeze", {x, Integers(axes)});
  return Op("Squeeze", {x}, {{"axes", axes}});
}

Value GraphBuilder::Reduce(std::string_view op_type, const Value& x, int64_t axis, bool keep) {
  const OnnxAttribute keepdims{"keepdims", int64_t{keep ? 1 : 0}};
  const int since = op_type == "ReduceSum" ? 13 : 18;
  if (opset() >= since) return Op(op_type, {x, Integers({axis})}, {keepdims});
  return Op(op_type, {x}, {{"axes", std::vector<int64_t>{axis}}, keepdims});
}

Value GraphBuilder::Cast(const Value& x, OnnxElement element) {
  return Op("Cast", {x}, {{"to", static_cast<int64_t>(element)}});
}

Value GraphBuilder::Transpose(const Value& x, std::vector<int64_t> order) {
  return Op("Transpose", {x}, {{"perm", std::move(order)}});
}

Value GraphBuilder::Reshape(const Value& x, const std::vector<int64_t>& shape) {
  return Op("Reshape", {x, Integers(shape)});
}

Value GraphBuilder::Slice(const Value& x, int64_t axis, int64_t begin, int64_t end) {
  return Op("Slice", {x, Integers({begin}), Integers({end}), Integers({axis})});
}

std::vector<Value> GraphBuilder::Split(const Value& x, int64_t axis,
                                       const std::vector<int64_t>& sizes) {
  if (opset() >= 13) return Ops("Split", {x, Integers(sizes)}, sizes.size(), {{"axis", axis}});
  return Ops("Split", {x}, sizes.size(), {{"axis", axis}, {"split", sizes}});
}

Value GraphBuilder::Softmax(const Value& x) {
  // Before opset 13 the operator works on a matrix whose rows are the last axis, which gives the
  // same result.
  return Op("Softmax", {x}, {{"axis", int64_t{-1}}});
}

void GraphBuilder::AddOutput(const Value& value, OnnxValueInfo output) {
  model_.nodes.push_back(
      {.op_type = "Identity", .name = output.name, .inputs = {value}, .outputs = {output.name}});
  model_.outputs.push_back(std::move(output));
}

void GraphBuilder::AddDomain(const std::string& domain, int version) {
  const std::pair<std::string, int> entry(domain, version);
  auto& domains = model_.other_domains;
  if (std::find(domains.begin(), domains.end(), entry) == domains.end()) domains.push_back(entry);
}

OnnxModel GraphBuilder::Finish(std::string graph_name) {
  model_.graph_name = std::move(graph_name);
  return std::move(model_);
}

}  // namespace vetor
