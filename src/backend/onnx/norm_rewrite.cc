#include "backend/onnx/norm_rewrite.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/onnx/graph_index.h"
#include "formats/onnx/message_writer.h"
#include "formats/onnx/schema.h"
#include "formats/proto_rewrite.h"

namespace vetor {
namespace {

using onnx::GraphProto;

constexpr int64_t kLengthUnit = 16;
constexpr std::string_view kTokenIds = "input_ids";
// Names of our own values; names that are made from an output's name begin with kPrefix as well.
constexpr std::string_view kPrefix = "vetor_norm_";
constexpr std::string_view kAxis = "vetor_norm_axis";
constexpr std::string_view kShape = "vetor_norm_shape";
constexpr std::string_view kLength = "vetor_norm_length";
constexpr std::string_view kOnes = "vetor_norm_ones";
constexpr std::string_view kZeros = "vetor_norm_zeros";

struct Norm {
  std::string_view input;
  double epsilon = 0;
  std::string_view scale;  // Of a LayerNormalization node; empty if Mul and Add follow as
  std::string_view bias;   // nodes of their own.
};

// A node of our own, named after the value that it makes.
OnnxNode NodeThatMakes(std::string_view output, const char* op_type,
                       const std::vector<std::string_view>& inputs) {
  OnnxNode node{.op_type = op_type, .outputs = {std::string(output)}};
  node.name = std::string(kPrefix) + std::string(output);
  for (const std::string_view input : inputs) node.inputs.emplace_back(input);
  return node;
}

template <typename Number>
OnnxConstant OneNumber(std::string_view name, OnnxElement element, Number number) {
  return {.name = std::string(name),
          .element = element,
          .dims = {1},
          .bytes = std::string(reinterpret_cast<const char*>(&number), sizeof number)};
}

void Append(const OnnxNode& node, std::string* graph) {
  AppendField(GraphProto::kNode, OnnxNodeBytes(node), graph);
}

class GraphRewriter {
 public:
  explicit GraphRewriter(const OnnxGraphView& graph) : graph_(graph), nodes_(graph) {}

  // The whole rewritten model; empty if no norm was found.
  std::string Rewrite() {
    FindNorms();
    if (norms_.empty() || !nodes_.HasInput(kTokenIds)) return {};
    RemoveUnread();
    std::vector<FieldEdit> edits = {{graph_.graph().substr(0, 0), {}}};
    WriteLengths(&edits[0].bytes);
    for (size_t i = 0; i < nodes_.nodes().size(); ++i) {
      const OnnxNodeView& node = nodes_.nodes()[i];
      const auto norm = norms_.find(i);
      if (norm == norms_.end() && !removed_[i]) continue;
      FieldEdit& edit = edits.emplace_back(FieldEdit{node.field, {}});
      if (norm != norms_.end()) WriteNorm(norm->second, node.outputs[0], &edit.bytes);
    }
    for (const OnnxGraphTensor& part : graph_.tensors()) {
      const bool own = part.role == OnnxGraphTensor::kInitializer;
      if (own && IsReleased(part.value)) edits.push_back({part.field, {}});
    }
    return ReplaceFields(graph_.bytes(), std::move(edits));
  }
  int norms() const { return static_cast<int>(norms_.size()); }

 private:
  void FindNorms() {
    for (size_t i = 0; i < nodes_.nodes().size(); ++i) {
      const OnnxNodeView& node = nodes_.nodes()[i];
      if (node.outputs.empty() || nodes_.Producer(node.outputs[0]) != &node) continue;
      std::optional<Norm> norm;
      if (node.op_type == "LayerNormalization") norm = MatchNode(node);
      if (node.op_type == "Div" && node.inputs.size() == 2) norm = MatchSteps(node);
      if (norm) norms_.emplace(i, *norm);
    }
  }

  bool IsScale(std::string_view value) const {
    const SmallTensor* tensor = nodes_.Constant(value);
    return tensor != nullptr && tensor->element == OnnxElement::kFloat &&
           tensor->dims.size() == 1 && tensor->dims[0] > 0 && tensor->dims[0] % kLengthUnit == 0;
  }

  std::optional<Norm> MatchNode(const OnnxNodeView& node) const {
    if (node.inputs.size() < 2 || node.outputs.size() != 1 || !IsScale(node.inputs[1])) return {};
    const std::vector<int64_t> axis = OnnxInts(node, "axis");
    if (!axis.empty() && axis[0] != -1) return {};
    return Norm{.input = node.inputs[0],
                .epsilon = OnnxFloat(node, "epsilon").value_or(1e-5),
                .scale = node.inputs[1],
                .bias = node.inputs.size() > 2 ? node.inputs[2] : std::string_view()};
  }

  // Div(Sub(x, mean), Sqrt(Add(variance, epsilon))), then Mul(.., scale).
  std::optional<Norm> MatchSteps(const OnnxNodeView& div) const {
    const OnnxNodeView* centred = nodes_.Producer(div.inputs[0], "Sub", 2);
    const OnnxNodeView* root = nodes_.Producer(div.inputs[1], "Sqrt", 1);
    if (centred == nullptr || root == nullptr || !IsScaled(div.outputs[0])) return {};
    const std::string_view x = centred->inputs[0];
    const OnnxNodeView* sum = nodes_.Producer(root->inputs[0], "Add", 2);
    if (!IsMeanOf(centred->inputs[1], x) || sum == nullptr) return {};
    const bool epsilon_first = nodes_.Number(sum->inputs[0]).has_value();
    const auto epsilon = nodes_.Number(sum->inputs[epsilon_first ? 0 : 1]);
    const OnnxNodeView* variance = MeanMaker(sum->inputs[epsilon_first ? 1 : 0]);
    if (!epsilon || variance == nullptr || !IsSquareOf(variance->inputs[0], *centred)) return {};
    return Norm{.input = x, .epsilon = *epsilon};
  }

  // Whether the only consumer of the value multiplies it by a vector.
  bool IsScaled(std::string_view value) const {
    const std::span<const size_t> readers = nodes_.Consumers(value);
    if (readers.size() != 1 || nodes_.ConsumerCount(value) != 1) return false;
    const OnnxNodeView& mul = nodes_.nodes()[readers[0]];
    return mul.op_type == "Mul" && mul.domain.empty() && mul.inputs.size() == 2 &&
           IsScale(mul.inputs[mul.inputs[0] == value ? 1 : 0]);
  }

  // The node that takes the mean over the last axis and keeps that axis; null if another node made
  // the value.
  const OnnxNodeView* MeanMaker(std::string_view value) const {
    const OnnxNodeView* node = nodes_.Producer(value);
    if (node == nullptr || node->op_type != "ReduceMean" || node->inputs.empty()) return nullptr;
    std::vector<int64_t> axes = OnnxInts(*node, "axes");
    if (node->inputs.size() == 2) {  // Since operator set 18.
      // Compared as a plain number, because it comes from a file and may not be an int64.
      axes.clear();
      if (nodes_.Number(node->inputs[1]) == -1.0) axes = {-1};
    }
    const std::vector<int64_t> keep = OnnxInts(*node, "keepdims");
    const bool keeps = keep.empty() || keep[0] == 1;
    return keeps && axes == std::vector<int64_t>{-1} ? node : nullptr;
  }

  bool IsMeanOf(std::string_view value, std::string_view x) const {
    const OnnxNodeView* node = MeanMaker(value);
    return node != nullptr && node->inputs[0] == x;
  }

  // Pow(c, 2) or Mul(c, c), where c is `centred` or made from the same values once more.
  bool IsSquareOf(std::string_view value, const OnnxNodeView& centred) const {
    const OnnxNodeView* power = nodes_.Producer(value, "Pow", 2);
    const OnnxNodeView* product = nodes_.Producer(value, "Mul", 2);
    if (power != nullptr && nodes_.Number(power->inputs[1]) != 2.0) return false;
    if (product != nullptr && product->inputs[0] != product->inputs[1]) return false;
    const OnnxNodeView* square = power != nullptr ? power : product;
    if (square == nullptr) return false;
    const OnnxNodeView* base = nodes_.Producer(square->inputs[0], "Sub", 2);
    return base != nullptr && (base == &centred || (base->inputs[0] == centred.inputs[0] &&
                                                    IsMeanOf(base->inputs[1], base->inputs[0])));
  }

  // Removes the steps that led to a Div if no other node reads them. A node is removed once, and
  // its inputs are released once, even if a damaged graph gives a name twice.
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
      const OnnxNodeView* maker = nodes_.Producer(value);
      if (maker == nullptr || maker->outputs.size() != 1 || kept_.contains(value) ||
          gone < nodes_.ConsumerCount(value)) {
        continue;
      }
      const auto index = static_cast<size_t>(maker - nodes_.nodes().data());
      if (removed_[index] || norms_.contains(index)) continue;
      removed_[index] = true;
      for (const std::string_view input : maker->inputs) released.push_back(input);
    }
  }

  // Whether no node reads an initialiser any more; the runtime would warn about each of them.
  bool IsReleased(std::string_view name) const {
    const auto released = released_.find(name);
    return released != released_.end() && released->second == nodes_.ConsumerCount(name) &&
           !kept_.contains(name);
  }

  // Writes nodes that make a one and a zero for each token of a row, which InstanceNormalization
  // takes as scale and bias.
  static void WriteLengths(std::string* graph) {
    AppendField(GraphProto::kInitializer,
                OnnxTensorBytes(OneNumber(kAxis, OnnxElement::kInt64, int64_t{1})), graph);
    Append(NodeThatMakes(kShape, "Shape", {kTokenIds}), graph);
    Append(NodeThatMakes(kLength, "Gather", {kShape, kAxis}), graph);
    OnnxNode ones = NodeThatMakes(kOnes, "ConstantOfShape", {kLength});
    ones.attributes = {{"value", OneNumber("one", OnnxElement::kFloat, 1.0F)}};
    Append(ones, graph);
    Append(NodeThatMakes(kZeros, "ConstantOfShape", {kLength}), graph);
  }

  static void WriteNorm(const Norm& norm, std::string_view output, std::string* graph) {
    const std::string unit = std::string(kPrefix) + "unit_" + std::string(output);
    const std::string scaled = std::string(kPrefix) + "scaled_" + std::string(output);
    const std::string_view first = norm.scale.empty() ? output : std::string_view(unit);
    OnnxNode unit_node = NodeThatMakes(first, "InstanceNormalization", {norm.input, kOnes, kZeros});
    unit_node.attributes = {{"epsilon", static_cast<float>(norm.epsilon)}};
    Append(unit_node, graph);
    if (norm.scale.empty()) return;
    const std::string_view second = norm.bias.empty() ? output : std::string_view(scaled);
    Append(NodeThatMakes(second, "Mul", {unit, norm.scale}), graph);
    if (norm.bias.empty()) return;
    Append(NodeThatMakes(output, "Add", {scaled, norm.bias}), graph);
  }

  const OnnxGraphView& graph_;
  const OnnxGraphIndex nodes_;
  std::unordered_map<size_t, Norm> norms_;
  std::vector<bool> removed_;
  std::unordered_map<std::string_view, size_t> released_;
  std::unordered_map<std::string_view, size_t> kept_;
};

}  // namespace

Result<RewrittenGraph> RewriteLayerNorms(const OnnxGraphView& graph) {
  try {
    GraphRewriter rewriter(graph);
    std::string model = rewriter.Rewrite();
    if (model.empty()) return RewrittenGraph();
    return RewrittenGraph{std::move(model), rewriter.norms()};
  } catch (const ProtoError& error) {
    return DataLossError(std::string("the graph is not a whole ONNX model: protobuf ") +
                         error.what());
  }
}

}  // namespace vetor
