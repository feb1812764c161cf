#include "backend/onnx/graph_signature.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr std::pair<const char*, InputRole> kInputs[] = {
    {"input_ids", InputRole::kTokenIds},
    {"attention_mask", InputRole::kAttentionMask},
    {"token_type_ids", InputRole::kTokenTypeIds},
    {"position_ids", InputRole::kPositionIds},
    {"offsets", InputRole::kOffsets},
    {"use_cache_branch", InputRole::kUseCache},
};
constexpr const char* kExpectedInputs =
    "expected input_ids, optionally attention_mask, token_type_ids and position_ids, each "
    "tensor(int64) or tensor(int32) of shape [rows, length], past_key_values and use_cache_branch; "
    "or input_ids [tokens] and offsets [rows]";
constexpr const char* kExpectedOutputs =
    "expected sentence_embedding [rows, width], or last_hidden_state or token_embeddings "
    "[rows, length, width], of tensor(float) or tensor(float16)";
constexpr const char* kRemedy =
    "; export the model as an encoder (`vetor export`, or Optimum's feature-extraction task)";
constexpr const char* kNameIt =
    "; if one of these is the embedding, name it in ai.onnx.output_name, else export "
    "the model as an encoder (`vetor export`, or Optimum's feature-extraction task)";

std::optional<InputRole> RoleOf(const std::string& name) {
  for (const auto& [known, role] : kInputs) {
    if (name == known) return role;
  }
  if (name.starts_with("past_key_values")) return InputRole::kNoPast;
  return std::nullopt;
}

const OnnxValue* Find(std::span<const OnnxValue> ports, std::string_view name) {
  const auto port =
      std::find_if(ports.begin(), ports.end(), [&](const OnnxValue& p) { return p.name == name; });
  return port == ports.end() ? nullptr : &*port;
}

std::string TypeText(const OnnxValue& port) {
  return port.element == OnnxElement::kUndefined ? "not a tensor"
                                                 : "tensor(" + OnnxElementName(port.element) + ")";
}

Status WrongInputs(const std::string& fault, std::span<const OnnxValue> inputs) {
  return InvalidArgumentError(fault + ": " + kExpectedInputs + "; found " + DescribePorts(inputs) +
                              kRemedy);
}

Status WrongOutputs(const std::string& fault, std::span<const OnnxValue> outputs,
                    const char* remedy = kRemedy) {
  return InvalidArgumentError(fault + ": " + kExpectedOutputs + "; found " +
                              DescribePorts(outputs) + remedy);
}

bool IsWhole(OnnxElement element) {
  return element == OnnxElement::kInt64 || element == OnnxElement::kInt32;
}

bool IsFloat(OnnxElement element) {
  return element == OnnxElement::kFloat || element == OnnxElement::kFloat16;
}

// The first dimension is the rows; some other dimension must be free, so that it can be 0.
bool CanBeEmpty(const OnnxValue& port) {
  return IsFloat(port.element) && port.dims.size() > 1 &&
         std::any_of(port.dims.begin() + 1, port.dims.end(), [](int64_t n) { return n <= 0; });
}

// A file can claim any size. The bound keeps the rows that are allocated small, and products of two
// sizes within a number.
constexpr int64_t kLargestSize = 1 << 20;

// Says what is wrong with an input for its role; empty if nothing is.
std::string FaultOf(const OnnxValue& port, InputRole role, bool joined) {
  const std::string input = "input \"" + port.name + "\" ";
  if (std::any_of(port.dims.begin(), port.dims.end(), [](int64_t n) { return n > kLargestSize; })) {
    return input + "is larger than " + std::to_string(kLargestSize);
  }
  if (role == InputRole::kUseCache) {
    return port.element == OnnxElement::kBool ? "" : input + "is " + TypeText(port);
  }
  if (role == InputRole::kNoPast) {
    return CanBeEmpty(port) ? "" : input + "cannot be empty, as it must be for a whole text";
  }
  if (!IsWhole(port.element)) return input + "is " + TypeText(port);
  const size_t rank = joined ? 1 : 2;
  if (port.dims.size() == rank) return "";
  return input + "has " + std::to_string(port.dims.size()) + " dimensions";
}

// Takes over a static size; false if it contradicts that of another input.
bool TakeSize(int64_t size, size_t* fixed) {
  if (size <= 0) return true;
  if (*fixed != 0 && *fixed != static_cast<size_t>(size)) return false;
  *fixed = static_cast<size_t>(size);
  return true;
}

bool TakeSizes(const OnnxValue& port, InputRole role, GraphSignature* signature) {
  switch (role) {
    case InputRole::kUseCache:
      return true;
    case InputRole::kNoPast:
    case InputRole::kOffsets:
      return TakeSize(port.dims[0], &signature->fixed_rows);
    default:
      // If the ids lie end to end, their number is that of all rows together.
      return signature->joined_rows ? port.dims[0] <= 0
                                    : TakeSize(port.dims[0], &signature->fixed_rows) &&
                                          TakeSize(port.dims[1], &signature->fixed_length);
  }
}

Status ReadInputs(std::span<const OnnxValue> inputs, GraphSignature* signature) {
  signature->joined_rows = Find(inputs, "offsets") != nullptr;
  for (const OnnxValue& port : inputs) {
    const std::optional<InputRole> role = RoleOf(port.name);
    if (!role) return WrongInputs("the graph has an input \"" + port.name + "\"", inputs);
    const std::string fault = FaultOf(port, *role, signature->joined_rows);
    if (!fault.empty()) return WrongInputs(fault, inputs);
    if (!TakeSizes(port, *role, signature)) {
      return WrongInputs("input \"" + port.name + "\" has another size than the others", inputs);
    }
    signature->inputs.push_back({port.name, *role, port.element, port.dims});
  }
  if (Find(inputs, "input_ids") == nullptr) {
    return WrongInputs("the graph has no input \"input_ids\"", inputs);
  }
  if (signature->joined_rows && (inputs.size() > 2 || signature->fixed_rows > 0)) {
    return WrongInputs("the graph has \"offsets\" beside inputs or sizes that do not fit it",
                       inputs);
  }
  if (signature->fixed_rows * signature->fixed_length > static_cast<size_t>(kLargestSize)) {
    return WrongInputs("every run has more than " + std::to_string(kLargestSize) + " tokens",
                       inputs);
  }
  if (signature->fixed_length > 0 && Find(inputs, "attention_mask") == nullptr) {
    const std::string length = std::to_string(signature->fixed_length);
    return InvalidArgumentError("the graph has the fixed length " + length +
                                " and no attention_mask, so a text of other "
                                "than " +
                                length +
                                " tokens cannot be given to it; export it with a free length "
                                "(dynamic axes), or with an attention_mask");
  }
  return Status();
}

// Null if no output is an embedding by its name.
const OnnxValue* ChooseOutput(std::span<const OnnxValue> outputs, bool joined_rows) {
  for (const char* name : {"sentence_embedding", "last_hidden_state", "token_embeddings"}) {
    if (const OnnxValue* output = Find(outputs, name)) return output;
  }
  return joined_rows && outputs.size() == 1 ? &outputs[0] : nullptr;
}

Status ReadOutput(std::span<const OnnxValue> outputs, const std::string& name,
                  GraphSignature* signature) {
  const OnnxValue* output =
      name.empty() ? ChooseOutput(outputs, signature->joined_rows) : Find(outputs, name);
  if (output == nullptr && !name.empty()) {
    return InvalidArgumentError("output_name is \"" + name + "\", but the graph's outputs are " +
                                DescribePorts(outputs) + "; name one of these, or leave it out");
  }
  if (output == nullptr) {
    return WrongOutputs("no output of the graph is an embedding", outputs, kNameIt);
  }
  const size_t rank = output->dims.size();
  // For an output that the user names, the shape decides what it is.
  const bool named = !name.empty() && (rank == 2 || rank == 3);
  signature->text_vectors =
      signature->joined_rows || (named ? rank == 2 : output->name == "sentence_embedding");
  if (rank != (signature->text_vectors ? 2U : 3U)) {
    return WrongOutputs(
        "output \"" + output->name + "\" has " + std::to_string(rank) + " dimensions", outputs);
  }
  if (!IsFloat(output->element)) {
    return WrongOutputs("output \"" + output->name + "\" is " + TypeText(*output), outputs);
  }
  signature->output = output->name;
  signature->output_element = output->element;
  signature->width = output->dims.back();
  return Status();
}

}  // namespace

std::string DescribePorts(std::span<const OnnxValue> ports) {
  if (ports.empty()) return "none";
  std::string text;
  for (const OnnxValue& port : ports) {
    if (!text.empty()) text += ", ";
    text += port.name + " " + TypeText(port) + "[";
    for (size_t i = 0; i < port.dims.size(); ++i) {
      if (i > 0) text += ",";
      text += port.dims[i] < 0 ? "?" : std::to_string(port.dims[i]);
    }
    text += "]";
  }
  return text;
}

Result<GraphSignature> ReadSignature(std::span<const OnnxValue> inputs,
                                     std::span<const OnnxValue> outputs,
                                     const std::string& output_name) {
  GraphSignature signature;
  VETOR_RETURN_IF_ERROR(ReadInputs(inputs, &signature));
  VETOR_RETURN_IF_ERROR(ReadOutput(outputs, output_name, &signature));
  return signature;
}

}  // namespace vetor
