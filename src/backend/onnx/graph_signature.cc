#include "backend/onnx/graph_signature.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr std::pair<const char*, InputRole> kInputs[] = {
    {"input_ids", InputRole::kTokenIds},
    {"attention_mask", InputRole::kAttentionMask},
    {"token_type_ids", InputRole::kTokenTypeIds},
    {"position_ids", InputRole::kPositionIds},
};
constexpr const char* kExpectedInputs =
    "expected input_ids and attention_mask, optionally token_type_ids and position_ids, each "
    "tensor(int64) or tensor(int32) of shape [rows, length]";
constexpr const char* kExpectedOutputs =
    "expected sentence_embedding [rows, width], or last_hidden_state or token_embeddings "
    "[rows, length, width], of tensor(float) or tensor(float16)";
constexpr const char* kRemedy =
    "; export the model as an encoder, e.g. with Optimum's feature-extraction task";

std::optional<InputRole> RoleOf(const std::string& name) {
  for (const auto& [known, role] : kInputs) {
    if (name == known) return role;
  }
  return std::nullopt;
}

const GraphPort* Find(std::span<const GraphPort> ports, const char* name) {
  const auto port =
      std::find_if(ports.begin(), ports.end(), [&](const GraphPort& p) { return p.name == name; });
  return port == ports.end() ? nullptr : &*port;
}

Status WrongInputs(const std::string& fault, std::span<const GraphPort> inputs) {
  return InvalidArgumentError(fault + ": " + kExpectedInputs + "; found " + DescribePorts(inputs) +
                              kRemedy);
}

Status WrongOutputs(const std::string& fault, std::span<const GraphPort> outputs) {
  return InvalidArgumentError(fault + ": " + kExpectedOutputs + "; found " +
                              DescribePorts(outputs) + kRemedy);
}

Status ReadInputs(std::span<const GraphPort> inputs, GraphSignature* signature) {
  for (const GraphPort& port : inputs) {
    const std::optional<InputRole> role = RoleOf(port.name);
    if (!role) return WrongInputs("the graph has an input \"" + port.name + "\"", inputs);
    if (port.type != ElementType::kInt64 && port.type != ElementType::kInt32) {
      return WrongInputs("input \"" + port.name + "\" is " + port.type_name, inputs);
    }
    if (port.shape.size() != 2) {
      return WrongInputs(
          "input \"" + port.name + "\" has " + std::to_string(port.shape.size()) + " dimensions",
          inputs);
    }
    signature->inputs.push_back({port.name, *role, port.type});
  }
  for (const char* required : {"input_ids", "attention_mask"}) {
    if (Find(inputs, required) == nullptr) {
      return WrongInputs(std::string("the graph has no input \"") + required + "\"", inputs);
    }
  }
  return Status();
}

}  // namespace

std::string DescribePorts(std::span<const GraphPort> ports) {
  if (ports.empty()) return "none";
  std::string text;
  for (const GraphPort& port : ports) {
    if (!text.empty()) text += ", ";
    text += port.name + " " + port.type_name + "[";
    for (size_t i = 0; i < port.shape.size(); ++i) {
      if (i > 0) text += ",";
      text += port.shape[i] < 0 ? "?" : std::to_string(port.shape[i]);
    }
    text += "]";
  }
  return text;
}

Result<GraphSignature> ReadSignature(std::span<const GraphPort> inputs,
                                     std::span<const GraphPort> outputs) {
  GraphSignature signature;
  VETOR_RETURN_IF_ERROR(ReadInputs(inputs, &signature));
  const GraphPort* output = nullptr;
  for (const char* name : {"sentence_embedding", "last_hidden_state", "token_embeddings"}) {
    output = Find(outputs, name);
    if (output != nullptr) break;
  }
  if (output == nullptr) return WrongOutputs("no output of the graph is an embedding", outputs);
  signature.text_vectors = output->name == "sentence_embedding";
  const size_t rank = signature.text_vectors ? 2 : 3;
  if (output->shape.size() != rank) {
    return WrongOutputs("output \"" + output->name + "\" has " +
                            std::to_string(output->shape.size()) + " dimensions",
                        outputs);
  }
  if (output->type != ElementType::kFloat32 && output->type != ElementType::kFloat16) {
    return WrongOutputs("output \"" + output->name + "\" is " + output->type_name, outputs);
  }
  signature.output = output->name;
  signature.output_type = output->type;
  signature.width = output->shape.back();
  return signature;
}

}  // namespace vetor
