#include "backend/onnx/mapped_weights.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/onnx/message_writer.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/tensor_reader.h"
#include "formats/proto_rewrite.h"

namespace vetor {
namespace {

using onnx::ModelProto;

// How a node reads an input. Later values allow more.
enum class Reading {
  kOther,  // The runtime may fold the value into others, for which its bytes must be in the graph.
  kAsNumber,  // Read as it lies in memory, or packed once for the kernel. Half floats are first
              // converted to float32, by a Cast that the runtime adds and folds.
  kAsBytes,   // Read as it lies in memory, whatever its type.
};

struct ReadInput {
  std::string_view op_type;
  size_t input;
  Reading reading;
};

constexpr std::array<ReadInput, 7> kReadsInPlace = {
    {{"MatMul", 1, Reading::kAsNumber},
     {"Gemm", 1, Reading::kAsNumber},
     {"FusedMatMul", 1, Reading::kAsNumber},
     {"MatMulInteger", 1, Reading::kAsNumber},
     {"MatMulIntegerToFloat", 1, Reading::kAsNumber},
     {"DynamicQuantizeMatMul", 1, Reading::kAsNumber},
     {"Gather", 0, Reading::kAsBytes}}};

Reading ReadingOf(std::string_view op_type, size_t input) {
  for (const ReadInput& read : kReadsInPlace) {
    if (read.op_type == op_type && read.input == input) return read.reading;
  }
  return Reading::kOther;
}

bool IsHalf(OnnxElement element) {
  return element == OnnxElement::kFloat16 || element == OnnxElement::kBfloat16;
}

// Bytes of an element; 0 for a type that is not handed to the runtime. Only real numbers of whole
// bytes are handed over; for them its C API has the numbers of TensorProto.DataType.
uint64_t HandedBytes(OnnxElement element) {
  const bool complex = element == OnnxElement::kComplex64 || element == OnnxElement::kComplex128;
  return complex || element > OnnxElement::kBfloat16 ? 0 : OnnxElementBytes(element);
}

// The bytes of a tensor of this type and shape; 0 if they are not known or more than `most`.
uint64_t BytesOfShape(const OnnxTensorView& tensor, uint64_t most) {
  uint64_t bytes = HandedBytes(tensor.element);
  for (const int64_t dim : tensor.dims) {
    if (dim <= 0 || bytes > most / static_cast<uint64_t>(dim)) return 0;
    bytes *= static_cast<uint64_t>(dim);
  }
  return bytes;
}

// For each graph value: how all its consumers read it.
class Consumers {
 public:
  explicit Consumers(const OnnxGraphView& graph) {
    NoteNodes(graph.nodes());
    NoteNodes(graph.inner_nodes());
    for (const OnnxValue& output : graph.outputs()) readings_[output.name] = Reading::kOther;
    for (const std::string_view output : graph.inner_outputs()) {
      readings_[output] = Reading::kOther;
    }
  }

  bool ReadInPlace(const OnnxTensorView& tensor) const {
    const auto found = readings_.find(tensor.name);
    if (found == readings_.end()) return false;
    return found->second >= (IsHalf(tensor.element) ? Reading::kAsBytes : Reading::kAsNumber);
  }

 private:
  void NoteNodes(const std::vector<OnnxNodeView>& nodes) {
    for (const OnnxNodeView& node : nodes) {
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const Reading reading = ReadingOf(node.op_type, i);
        const auto [entry, is_new] = readings_.try_emplace(node.inputs[i], reading);
        entry->second = std::min(entry->second, reading);
      }
    }
  }

  std::unordered_map<std::string_view, Reading> readings_;
};

class WeightTaker {
 public:
  WeightTaker(const OnnxGraphView& graph, const ExternalBytes& external,
              const TakeOutOptions& options)
      : graph_(graph), external_(external), options_(options) {
    if (options_.share) consumers_.emplace(graph);
  }

  Result<MappedGraph> Take() {
    // Training information is not used here.
    for (const std::string_view field : graph_.training_fields()) {
      edits_.push_back({field, Field(ModelProto::kTrainingInfo, {})});
    }
    for (const OnnxGraphTensor& part : graph_.tensors()) VETOR_RETURN_IF_ERROR(TakeFrom(part));
    if (!edits_.empty()) taken_.graph = ReplaceFields(graph_.bytes(), std::move(edits_));
    return std::move(taken_);
  }

 private:
  static std::string Field(uint32_t number, std::string_view content) {
    std::string field;
    AppendField(number, content, &field);
    return field;
  }

  Status TakeFrom(const OnnxGraphTensor& part) {
    const OnnxTensorView& tensor = part.tensor;
    VETOR_ASSIGN_OR_RETURN(const std::string_view data, DataOf(tensor));
    // Tensors in other places cannot be handed over by name, so their external data is put into the
    // graph.
    const bool by_name = part.role == OnnxGraphTensor::kInitializer;
    const bool large =
        data.size() >= kLeastMappedBytes && BytesOfShape(tensor, data.size()) == data.size();
    const bool shared = by_name && large && consumers_ && consumers_->ReadInPlace(tensor);
    if (shared || (by_name && large && (tensor.external || options_.take_others))) {
      AddWeight(tensor, data, shared ? &taken_.shared : &taken_.others);
      std::string reference = OnnxTensorWithoutData(tensor);
      AppendOnnxReference({.location = kNoWeightsFile, .offset = {}, .length = data.size()},
                          &reference);
      Replace(part, reference);
    } else if (tensor.has_reference) {
      std::string with_data = OnnxTensorWithoutData(tensor);
      if (tensor.has_raw || tensor.external) AppendOnnxRawData(data, &with_data);
      Replace(part, with_data);
    }
    return Status();
  }

  static void AddWeight(const OnnxTensorView& tensor, std::string_view data,
                        std::vector<TakenWeight>* weights) {
    const auto place = reinterpret_cast<uintptr_t>(data.data());
    const uint64_t element_bytes = HandedBytes(tensor.element);
    weights->push_back({.name = std::string(tensor.name),
                        .element = tensor.element,
                        .dims = tensor.dims,
                        .data = data,
                        .aligned = element_bytes > 0 && place % element_bytes == 0});
  }

  void Replace(const OnnxGraphTensor& part, std::string_view content) {
    ProtoMessage field(part.field);
    field.Next();
    edits_.push_back({part.field, Field(field.field(), content)});
  }

  // The bytes of a tensor, in the graph or in an external file.
  Result<std::string_view> DataOf(const OnnxTensorView& tensor) const {
    if (!tensor.external) return tensor.raw;
    const auto found = external_.find(std::string(tensor.location));
    const bool is_there = found != external_.end();
    const std::string_view file = is_there ? found->second : std::string_view();
    const std::optional<OnnxPlace> place = OnnxPlaceOf(tensor);
    const uint64_t offset = place ? place->offset : 0;
    const uint64_t length =
        (place ? place->length : std::nullopt).value_or(BytesOfShape(tensor, file.size()));
    if (!is_there || !place || length == 0 || offset > file.size() ||
        length > file.size() - offset) {
      return DataLossError("the data of weight " + Quoted(tensor.name) + " (" +
                           std::to_string(length) + " bytes at " + std::to_string(offset) +
                           ") is not in " + Quoted(tensor.location) + ", which has " +
                           std::to_string(file.size()) + " bytes");
    }
    return file.substr(offset, length);
  }

  const OnnxGraphView& graph_;
  const ExternalBytes& external_;
  const TakeOutOptions& options_;
  std::optional<Consumers> consumers_;  // Set if weights are shared.
  std::vector<FieldEdit> edits_;
  MappedGraph taken_;
};

}  // namespace

ExternalBytes ExternalBytesOf(const GraphFiles& files) {
  ExternalBytes bytes;
  for (const auto& [location, file] : files.external) bytes[location] = file.bytes();
  return bytes;
}

Result<MappedGraph> TakeOutWeights(const OnnxGraphView& graph, const ExternalBytes& external,
                                   const TakeOutOptions& options) {
  try {
    return WeightTaker(graph, external, options).Take();
  } catch (const ProtoError& error) {
    return DataLossError(std::string("the graph is not a whole ONNX model: protobuf ") +
                         error.what());
  }
}

}  // namespace vetor
