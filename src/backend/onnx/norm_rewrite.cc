#include "backend/onnx/norm_rewrite.h"

#include <algorithm>
#include <optional>
#include <protozero/exception.hpp>
#include <protozero/pbf_writer.hpp>
#include <unordered_map>
#include <vector>

#include "backend/onnx/graph_nodes.h"

namespace vetor {
namespace {

constexpr int32_t kFloat = 1;  // TensorProto.DataType.
constexpr int32_t kInt64 = 7;
constexpr int64_t kLengthUnit = 16;
constexpr std::string_view kTokenIds = "input_ids";
// Names of our own values; those made of an output's name begin with kPrefix too.
constexpr std::string_view kPrefix = "vetor_norm_";
constexpr std::string_view kAxis = "vetor_norm_axis";
constexpr std::string_view kShape = "vetor_norm_shape";
constexpr std::string_view kLength = "vetor_norm_length";
constexpr std::string_view kOnes = "vetor_norm_ones";
constexpr std::string_view kZeros = "vetor_norm_zeros";

struct Norm {
  std::string_view input;
  double epsilon = 0;
  std::string_view scale;  // Of a LayerNormalization node; empty where Mul and Add follow by
  std::string_view bias;   // themselves.
};

// NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5. AttributeProto: name = 1,
// f = 2, t = 5, type = 20 (FLOAT 1, TENSOR 4).
class NodeWriter {
 public:
  NodeWriter(std::string_view op_type, const std::vector<std::string_view>& inputs,
             std::string_view output) {
    for (const std::string_view input : inputs) writer_.add_string(1, input.data(), input.size());
    writer_.add_string(2, output.data(), output.size());
    const std::string name = std::string(kPrefix) + std::string(output);
    writer_.add_string(3, name);
    writer_.add_string(4, op_type.data(), op_type.size());
  }
  NodeWriter& Float(const char* name, float value) {
    std::string attribute;
    protozero::pbf_writer writer(attribute);
    writer.add_string(1, name);
    writer.add_float(2, value);
    writer.add_enum(20, 1);
    writer_.add_message(5, attribute);
    return *this;
  }
  NodeWriter& Tensor(const char* name, const std::string& tensor) {
    std::string attribute;
    protozero::pbf_writer writer(attribute);
    writer.add_string(1, name);
    writer.add_message(5, tensor);
    writer.add_enum(20, 4);
    writer_.add_message(5, attribute);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  protozero::pbf_writer writer_{bytes_};
};

// TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9. One number.
std::string OneNumber(int32_t type, const void* number, size_t bytes, std::string_view name) {
  std::string tensor;
  protozero::pbf_writer writer(tensor);
  writer.add_int64(1, 1);
  writer.add_enum(2, type);
  writer.add_string(8, name.data(), name.size());
  writer.add_bytes(9, static_cast<const char*>(number), bytes);
  return tensor;
}

class GraphRewriter {
 public:
  explicit GraphRewriter(std::string_view graph) : graph_(graph), nodes_(graph) {}

  // GraphProto: node = 1, initializer = 5. Empty where nothing was found.
  std::string Rewrite() {
    FindNorms();
    if (norms_.empty() || !nodes_.HasInput(kTokenIds)) return {};
    RemoveUnread();
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    WriteLengths(&writer);
    size_t index = 0;
    for (ProtoMessage field(graph_); field.Next();) {
      if (field.field() != 1) {
        const bool unread = field.field() == 5 && IsReleased(field);
        if (!unread) bytes += field.Raw();
        continue;
      }
      const auto norm = norms_.find(index);
      if (norm != norms_.end()) {
        WriteNorm(norm->second, nodes_.nodes()[index].outputs[0], &writer);
      } else if (!removed_[index]) {
        bytes += nodes_.nodes()[index].raw;
      }
      ++index;
    }
    return bytes;
  }
  int norms() const { return static_cast<int>(norms_.size()); }

 private:
  void FindNorms() {
    for (size_t i = 0; i < nodes_.nodes().size(); ++i) {
      const GraphNode& node = nodes_.nodes()[i];
      if (node.outputs.empty() || nodes_.Maker(node.outputs[0]) != &node) continue;
      std::optional<Norm> norm;
      if (node.op_type == "LayerNormalization") norm = MatchNode(node);
      if (node.op_type == "Div" && node.inputs.size() == 2) norm = MatchSteps(node);
      if (norm) norms_.emplace(i, *norm);
    }
  }

  bool IsScale(std::string_view value) const {
    const SmallTensor* tensor = nodes_.Constant(value);
    return tensor != nullptr && tensor->type == kFloat && tensor->dims.size() == 1 &&
           tensor->dims[0] > 0 && tensor->dims[0] % kLengthUnit == 0;
  }

  std::optional<Norm> MatchNode(const GraphNode& node) const {
    if (node.inputs.size() < 2 || node.outputs.size() != 1 || !IsScale(node.inputs[1])) return {};
    const std::vector<int64_t> axis = IntAttributes(node, "axis");
    if (!axis.empty() && axis[0] != -1) return {};
    return Norm{.input = node.inputs[0],
                .epsilon = FloatAttribute(node, "epsilon").value_or(1e-5),
                .scale = node.inputs[1],
                .bias = node.inputs.size() > 2 ? node.inputs[2] : std::string_view()};
  }

  // Div(Sub(x, mean), Sqrt(Add(variance, epsilon))), then Mul(.., scale).
  std::optional<Norm> MatchSteps(const GraphNode& div) const {
    const GraphNode* centred = nodes_.Maker(div.inputs[0], "Sub", 2);
    const GraphNode* root = nodes_.Maker(div.inputs[1], "Sqrt", 1);
    if (centred == nullptr || root == nullptr || !IsScaled(div.outputs[0])) return {};
    const std::string_view x = centred->inputs[0];
    const GraphNode* sum = nodes_.Maker(root->inputs[0], "Add", 2);
    if (!IsMeanOf(centred->inputs[1], x) || sum == nullptr) return {};
    const bool epsilon_first = nodes_.Number(sum->inputs[0]).has_value();
    const auto epsilon = nodes_.Number(sum->inputs[epsilon_first ? 0 : 1]);
    const GraphNode* variance = MeanMaker(sum->inputs[epsilon_first ? 1 : 0]);
    if (!epsilon || variance == nullptr || !IsSquareOf(variance->inputs[0], *centred)) return {};
    return Norm{.input = x, .epsilon = *epsilon};
  }

  // Its one reader multiplies it by a vector.
  bool IsScaled(std::string_view value) const {
    const std::span<const size_t> readers = nodes_.ReadersOf(value);
    if (readers.size() != 1 || nodes_.Readers(value) != 1) return false;
    const GraphNode& mul = nodes_.nodes()[readers[0]];
    return mul.op_type == "Mul" && mul.domain.empty() && mul.inputs.size() == 2 &&
           IsScale(mul.inputs[mul.inputs[0] == value ? 1 : 0]);
  }

  // The node that takes the mean over the last axis and keeps that; null: something else.
  const GraphNode* MeanMaker(std::string_view value) const {
    const GraphNode* node = nodes_.Maker(value);
    if (node == nullptr || node->op_type != "ReduceMean" || node->inputs.empty()) return nullptr;
    std::vector<int64_t> axes = IntAttributes(*node, "axes");
    if (node->inputs.size() == 2) {  // Since operator set 18.
      // Compared as the number it is: it comes from a file, and may be no int64.
      axes.clear();
      if (nodes_.Number(node->inputs[1]) == -1.0) axes = {-1};
    }
    const std::vector<int64_t> keep = IntAttributes(*node, "keepdims");
    const bool keeps = keep.empty() || keep[0] == 1;
    return keeps && axes == std::vector<int64_t>{-1} ? node : nullptr;
  }

  bool IsMeanOf(std::string_view value, std::string_view x) const {
    const GraphNode* node = MeanMaker(value);
    return node != nullptr && node->inputs[0] == x;
  }

  // Pow(c, 2) or Mul(c, c), where c is `centred` or made from the same values once more.
  bool IsSquareOf(std::string_view value, const GraphNode& centred) const {
    const GraphNode* power = nodes_.Maker(value, "Pow", 2);
    const GraphNode* product = nodes_.Maker(value, "Mul", 2);
    if (power != nullptr && nodes_.Number(power->inputs[1]) != 2.0) return false;
    if (product != nullptr && product->inputs[0] != product->inputs[1]) return false;
    const GraphNode* square = power != nullptr ? power : product;
    if (square == nullptr) return false;
    const GraphNode* base = nodes_.Maker(square->inputs[0], "Sub", 2);
    return base != nullptr && (base == &centred || (base->inputs[0] == centred.inputs[0] &&
                                                    IsMeanOf(base->inputs[1], base->inputs[0])));
  }

  // The steps that led to a Div, as long as nobody else reads them.
  void RemoveUnread() {
    removed_.assign(nodes_.nodes().size(), false);
    std::vector<std::string_view> released;
    for (const auto& [index, norm] : norms_) {
      ++kept_[norm.input];
      for (const std::string_view input : nodes_.nodes()[index].inputs) released.push_back(input);
    }
    while (!released.empty()) {
      const std::string_view value = released.back();
      released.pop_back();
      const size_t gone = ++released_[value];
      const GraphNode* maker = nodes_.Maker(value);
      if (maker == nullptr || maker->outputs.size() != 1 || kept_.contains(value) ||
          gone < nodes_.Readers(value)) {
        continue;
      }
      removed_[static_cast<size_t>(maker - nodes_.nodes().data())] = true;
      for (const std::string_view input : maker->inputs) released.push_back(input);
    }
  }

  // An initialiser that nobody reads any more: the runtime would warn about each.
  bool IsReleased(ProtoMessage field) const {
    ProtoMessage tensor = field.Message();
    while (tensor.Next()) {
      if (tensor.field() != 8) continue;
      const std::string_view name = tensor.Bytes();
      const auto released = released_.find(name);
      return released != released_.end() && released->second == nodes_.Readers(name) &&
             !kept_.contains(name);
    }
    return false;
  }

  // Ones and zeros, as many as there are tokens in a row: InstanceNormalization takes a scale and a
  // bias for each of them.
  static void WriteLengths(protozero::pbf_writer* graph) {
    const int64_t second = 1;
    const float one = 1;
    graph->add_message(5, OneNumber(kInt64, &second, sizeof second, kAxis));
    graph->add_message(1, NodeWriter("Shape", {kTokenIds}, kShape).bytes());
    graph->add_message(1, NodeWriter("Gather", {kShape, kAxis}, kLength).bytes());
    graph->add_message(1, NodeWriter("ConstantOfShape", {kLength}, kOnes)
                              .Tensor("value", OneNumber(kFloat, &one, sizeof one, "one"))
                              .bytes());
    graph->add_message(1, NodeWriter("ConstantOfShape", {kLength}, kZeros).bytes());
  }

  static void WriteNorm(const Norm& norm, std::string_view output, protozero::pbf_writer* graph) {
    const std::string unit = std::string(kPrefix) + "unit_" + std::string(output);
    const std::string scaled = std::string(kPrefix) + "scaled_" + std::string(output);
    const std::string_view first = norm.scale.empty() ? output : std::string_view(unit);
    graph->add_message(1, NodeWriter("InstanceNormalization", {norm.input, kOnes, kZeros}, first)
                              .Float("epsilon", static_cast<float>(norm.epsilon))
                              .bytes());
    if (norm.scale.empty()) return;
    const std::string_view second = norm.bias.empty() ? output : std::string_view(scaled);
    graph->add_message(1, NodeWriter("Mul", {unit, norm.scale}, second).bytes());
    if (norm.bias.empty()) return;
    graph->add_message(1, NodeWriter("Add", {scaled, norm.bias}, output).bytes());
  }

  std::string_view graph_;
  GraphNodes nodes_;
  std::unordered_map<size_t, Norm> norms_;
  std::vector<bool> removed_;
  std::unordered_map<std::string_view, size_t> released_;
  std::unordered_map<std::string_view, size_t> kept_;
};

}  // namespace

Result<RewrittenGraph> RewriteLayerNorms(std::string_view model) {
  RewrittenGraph rewritten;
  try {
    protozero::pbf_writer writer(rewritten.model);
    for (ProtoMessage field(model); field.Next();) {  // ModelProto: graph = 7.
      if (field.field() != 7) {
        rewritten.model += field.Raw();
        continue;
      }
      GraphRewriter graph(field.Bytes());
      const std::string bytes = graph.Rewrite();
      if (bytes.empty()) return RewrittenGraph();
      rewritten.norms += graph.norms();
      writer.add_message(7, bytes);
    }
  } catch (const protozero::exception& error) {
    return DataLossError(std::string("the graph is not a whole ONNX model: protobuf ") +
                         error.what());
  }
  return rewritten;
}

}  // namespace vetor
