#include "encoder/recogniser/node_call.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/terminal_text.h"
#include "formats/onnx/schema.h"

namespace vetor::recogniser {

double RoundToFloat(double number) {
  constexpr double kMost = std::numeric_limits<float>::max();
  if (std::abs(number) <= kMost || std::isnan(number)) return static_cast<float>(number);
  return std::copysign(std::numeric_limits<double>::infinity(), number);
}

bool IsPlainFactor(double factor) {
  constexpr double kMost = 1e12;
  return std::abs(factor) >= 1 / kMost && std::abs(factor) <= kMost;
}

Status Unfit(const std::string& expected) { return UnimplementedError("expected " + expected); }

bool IsOfRuntime(const OnnxNodeView& node) { return node.domain == "com.microsoft"; }

std::string DescribeNode(const OnnxNodeView& node) {
  ProtoMessage field(node.field);
  std::string_view name;
  if (field.Next()) {
    for (ProtoMessage message = field.Message(); message.Next();) {
      if (message.field() == onnx::NodeProto::kName) name = message.Bytes();
    }
  }
  return "node " + Quoted(name.empty() ? OnnxFirstOutput(node) : name) + " (" +
         Quoted(node.op_type) + (node.domain.empty() ? "" : " of " + Quoted(node.domain)) + ")";
}

Status NodeCall::Only(std::initializer_list<std::string_view> attributes) const {
  std::vector<std::string_view> seen;
  for (const std::string_view bytes : node.attributes) {
    const std::string_view name = ReadOnnxAttribute(ProtoMessage(bytes)).name;
    const bool known = std::find(attributes.begin(), attributes.end(), name) != attributes.end();
    // Which of two counts is not said.
    if (!known || std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return Unfit("no attribute " + Quoted(name));
    }
    seen.push_back(name);
  }
  return Status();
}

std::optional<int64_t> NodeCall::Int(std::string_view attribute) const {
  const std::vector<int64_t> values = OnnxInts(node, attribute);
  if (values.size() != 1) return std::nullopt;
  return values[0];
}

std::optional<std::vector<int64_t>> NodeCall::Numbers(size_t input) const {
  if (!is(input, Kind::kSizes)) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Extent& size : in(input)->sizes) {
    if (!size.is_number()) return std::nullopt;
    numbers.push_back(size.count);
  }
  return numbers;
}

std::optional<std::vector<size_t>> NodeCall::Axes(int64_t since, size_t input, size_t rank) const {
  std::optional<std::vector<int64_t>> given;
  if (opset >= since) {
    given = Numbers(input);
  } else {
    given = OnnxInts(node, "axes");
  }
  if (!given || given->empty()) return std::nullopt;
  std::vector<size_t> axes;
  for (const int64_t number : *given) {
    const std::optional<size_t> axis = Axis(number, rank);
    if (!axis) return std::nullopt;
    axes.push_back(*axis);
  }
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) return std::nullopt;
  return axes;
}

std::optional<size_t> NodeCall::Axis(int64_t axis, size_t rank) {
  const auto count = static_cast<int64_t>(rank);
  if (axis < -count || axis >= count) return std::nullopt;
  return static_cast<size_t>(axis < 0 ? axis + count : axis);
}

bool Near(double a, double b) {
  constexpr double kRounding = 1e-6;
  return std::abs(a - b) <= kRounding * std::abs(b);
}

std::optional<double> NumberOf(const Symbol* symbol) {
  if (symbol == nullptr || symbol->kind != Kind::kNumber) return std::nullopt;
  return symbol->number;
}

bool IsVectorFor(const Symbol* tensor, const Shape& shape) {
  if (tensor == nullptr || tensor->kind != Kind::kTensor || tensor->turned) return false;
  if (tensor->shape.empty() || shape.empty()) return false;
  const auto others = tensor->shape.end() - 1;
  return tensor->shape.size() <= shape.size() && tensor->shape.back() == shape.back() &&
         std::all_of(tensor->shape.begin(), others, [](const Extent& e) { return e.is_one(); });
}

TensorView AsVector(const TensorView& tensor) {
  TensorView vector = tensor;
  vector.shape = {tensor.elements()};
  return vector;
}

}  // namespace vetor::recogniser
