#include "encoder/recogniser/evaluation.h"

#include <algorithm>
#include <optional>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/recogniser/half_rules.h"
#include "encoder/recogniser/pooling_rules.h"
#include "encoder/recogniser/rule_table.h"

namespace vetor::recogniser {
namespace {

// An encoder of 48 layers has some 5,000 nodes.
constexpr size_t kMostNodes = 1 << 15;
constexpr size_t kMostPorts = 64;

// Pooling has rules of its own for operators that mean something else in front of it.
Status Answer(const Rule rule, NodeCall& call) {
  VETOR_RETURN_IF_ERROR(CheckFloatTypes(call));
  if (IsOfRuntime(call.node)) return rule(call);
  if (const std::optional<Status> pooling = PoolingStep(call)) return *pooling;
  return rule == nullptr ? Unfit("an operator that text encoders consist of") : rule(call);
}

bool IsConstant(const OnnxNodeView& node) { return node.op_type == "Constant"; }

}  // namespace

Status Evaluation::IndexNodes() {
  // A function may have the name of an operator.
  if (!view_.function_nodes().empty()) {
    return UnimplementedError("the graph has functions of its own, expected operators of ONNX");
  }
  for (const OnnxOpset& opset : view_.opsets()) {
    if (opset.domain.empty() || opset.domain == "ai.onnx") opset_ = opset.version;
    if (opset.domain == "com.microsoft") runtime_opset_ = opset.version;
  }
  constexpr int64_t kOldest = 11;
  constexpr int64_t kNewest = 23;
  if (opset_ < kOldest || opset_ > kNewest) {
    return UnimplementedError("the graph is of operator set " + std::to_string(opset_) +
                              ", expected " + std::to_string(kOldest) + " to " +
                              std::to_string(kNewest));
  }
  // Programs differ in which of the two they take.
  if (!constants_.twice().empty()) {
    return UnimplementedError("value " + Quoted(constants_.twice()) + " is given twice");
  }
  for (size_t i = 0; i < view_.nodes().size(); ++i) {
    const OnnxNodeView& node = view_.nodes()[i];
    if (node.outputs.size() > kMostPorts || node.inputs.size() > kMostPorts) {
      return UnimplementedError(DescribeNode(node) + " has more than " +
                                std::to_string(kMostPorts) + " inputs or outputs");
    }
    for (const std::string_view output : node.outputs) {
      if (output.empty()) continue;
      const bool twice =
          !producers_.emplace(output, i).second || (constants_.Has(output) && !IsConstant(node));
      if (twice) return UnimplementedError("value " + Quoted(output) + " is given twice");
    }
  }
  return Status();
}

Status Evaluation::ReadInputs() {
  for (const OnnxValue& input : view_.inputs()) {
    if (constants_.Has(input.name)) continue;  // Old files list initialisers as inputs.
    if (producers_.contains(input.name) || values_.contains(input.name)) {
      return UnimplementedError("value " + Quoted(input.name) + " is given twice");
    }
    Symbol symbol{.shape = {kBatchExtent, kTokensExtent}};
    if (input.name == "input_ids") {
      symbol.kind = Kind::kTokenIds;
    } else if (input.name == "token_type_ids") {
      symbol.kind = Kind::kTokenTypes;
    } else if (input.name == "attention_mask") {
      symbol.kind = Kind::kChoice;
      symbol.mask.present = true;
      symbol.mask.batch_axis = 0;
      symbol.mask.key_axis = 1;
    } else {
      continue;  // A node that reads it is refused.
    }
    const bool whole = input.element == OnnxElement::kInt64 || input.element == OnnxElement::kInt32;
    const bool free = input.dims.size() == 2 && input.dims[0] <= 0 && input.dims[1] <= 0;
    if (!whole || !free) {
      return UnimplementedError("input " + Quoted(input.name) +
                                " has a fixed size or another type, expected whole numbers of any "
                                "number of rows and tokens");
    }
    store_.symbols.push_back(std::move(symbol));
    values_.emplace(input.name, &store_.symbols.back());
  }
  return Status();
}

Status Evaluation::MarkNeeded(std::string_view output) {
  needed_.assign(view_.nodes().size(), false);
  std::vector<std::string_view> open = {output};
  size_t nodes = 0;
  while (!open.empty()) {
    const auto producer = producers_.find(open.back());
    open.pop_back();
    if (producer == producers_.end() || needed_[producer->second]) continue;
    needed_[producer->second] = true;
    if (++nodes > kMostNodes) {
      return UnimplementedError("more than " + std::to_string(kMostNodes) +
                                " nodes lead to output " + Quoted(output));
    }
    const OnnxNodeView& node = view_.nodes()[producer->second];
    open.insert(open.end(), node.inputs.begin(), node.inputs.end());
  }
  return Status();
}

Result<const Symbol*> Evaluation::Find(std::string_view value) {
  const auto known = values_.find(value);
  if (known != values_.end()) return known->second;
  if (!constants_.Has(value)) {
    return Unfit(
        "the inputs input_ids, attention_mask and token_type_ids and what nodes before it "
        "give, found " +
        Quoted(value));
  }
  VETOR_ASSIGN_OR_RETURN(Symbol symbol, constants_.Read(value));
  store_.symbols.push_back(std::move(symbol));
  values_.emplace(value, &store_.symbols.back());
  return &store_.symbols.back();
}

Status Evaluation::Evaluate(const OnnxNodeView& node) {
  const bool of_runtime = IsOfRuntime(node);
  if (!of_runtime && !node.domain.empty() && node.domain != "ai.onnx") {
    return Unfit("an operator of ONNX itself or of ONNX Runtime (com.microsoft)");
  }
  if (of_runtime && runtime_opset_ != 1) return Unfit("operator set 1 of com.microsoft");
  const Rule rule = of_runtime ? FindRuntimeRule(node.op_type) : FindRule(node.op_type);
  if (rule == nullptr && (of_runtime || !HasPoolingStep(node.op_type))) {
    return Unfit("an operator that text encoders consist of");
  }
  NodeCall call(node, opset_, &store_);
  for (const std::string_view input : node.inputs) {
    const Symbol* symbol = nullptr;
    if (!input.empty()) {
      VETOR_ASSIGN_OR_RETURN(symbol, Find(input));
    }
    call.inputs.push_back(symbol);
  }
  VETOR_RETURN_IF_ERROR(Answer(rule, call));
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty() && call.outputs[i] != nullptr) {
      values_[node.outputs[i]] = call.outputs[i];
    }
  }
  return Status();
}

Result<const Symbol*> Evaluation::ValueOf(std::string_view output) {
  VETOR_RETURN_IF_ERROR(IndexNodes());
  VETOR_RETURN_IF_ERROR(ReadInputs());
  VETOR_RETURN_IF_ERROR(MarkNeeded(output));
  for (size_t i = 0; i < view_.nodes().size(); ++i) {
    const OnnxNodeView& node = view_.nodes()[i];
    if (!needed_[i] || (IsConstant(node) && constants_.Has(OnnxFirstOutput(node)))) continue;
    const Status status = Evaluate(node);
    if (status.ok()) continue;
    return status.WithContext(DescribeNode(node));
  }
  const auto found = values_.find(output);
  if (found == values_.end()) {
    return UnimplementedError("output " + Quoted(output) + " is given by no node");
  }
  return found->second;
}

}  // namespace vetor::recogniser
