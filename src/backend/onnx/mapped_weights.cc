#include "backend/onnx/mapped_weights.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "formats/onnx/graph_reader.h"
#include "formats/onnx/message_writer.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/tensor_reader.h"
#include "formats/proto_rewrite.h"

namespace vetor {
namespace {

using onnx::FunctionProto;
using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;

// Nodes that read one of their inputs as it lies in memory, or pack it once for their kernel.
constexpr std::array<std::pair<std::string_view, size_t>, 7> kTakesAsItIs = {
    {{"MatMul", 1},
     {"Gemm", 1},
     {"FusedMatMul", 1},
     {"MatMulInteger", 1},
     {"MatMulIntegerToFloat", 1},
     {"DynamicQuantizeMatMul", 1},
     {"Gather", 0}}};

bool TakesAsItIs(std::string_view op_type, size_t input) {
  return std::find(kTakesAsItIs.begin(), kTakesAsItIs.end(), std::pair(op_type, input)) !=
         kTakesAsItIs.end();
}

// Bytes of an element; 0 for a type that the runtime is not handed: only real numbers of whole
// bytes are, for which its C API has the numbers of TensorProto.DataType.
uint64_t HandedBytes(OnnxElement element) {
  const bool complex = element == OnnxElement::kComplex64 || element == OnnxElement::kComplex128;
  return complex || element > OnnxElement::kBfloat16 ? 0 : OnnxElementBytes(element);
}

// Of a tensor with this type and shape; 0 where it is not known, or more than `most`.
uint64_t BytesOfShape(const OnnxTensorView& tensor, uint64_t most) {
  uint64_t bytes = HandedBytes(tensor.element);
  for (const int64_t dim : tensor.dims) {
    if (dim <= 0 || bytes > most / static_cast<uint64_t>(dim)) return 0;
    bytes *= static_cast<uint64_t>(dim);
  }
  return bytes;
}

// Of every value that a node reads: whether all who read it take it as it is.
class Readers {
 public:
  void Note(ProtoMessage graph) {
    OnnxNodeView node;
    while (graph.Next()) {
      if (graph.field() == GraphProto::kNode) {
        ReadOnnxNode(graph.Message(), &node);
        NoteNode(node);
      } else if (graph.field() == GraphProto::kOutput) {
        as_it_is_[ReadOnnxValueName(graph.Message())] = false;
      }
    }
  }

  bool TakeAsItIs(std::string_view name) const {
    const auto found = as_it_is_.find(name);
    return found != as_it_is_.end() && found->second;
  }

 private:
  // The reader before has bounded how deep graphs are nested (model/onnx_graph.h).
  void NoteNode(const OnnxNodeView& node) {
    for (ProtoMessage attribute : node.attributes) {
      while (attribute.Next()) {
        if (IsOnnxGraph(attribute.field())) Note(attribute.Message());
      }
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const bool takes = TakesAsItIs(node.op_type, i);
      const auto [entry, is_new] = as_it_is_.try_emplace(node.inputs[i], takes);
      entry->second = entry->second && takes;
    }
  }

  std::unordered_map<std::string_view, bool> as_it_is_;
};

class WeightTaker {
 public:
  WeightTaker(const GraphBytes& model, const TakeOutOptions& options)
      : model_(model), options_(options) {}

  Result<MappedGraph> Take() {
    auto graph = RewriteMessage(model_.graph, [&](uint32_t field, std::string_view content) {
      if (field == ModelProto::kGraph) return TakeFromGraph(content);
      // Nothing of it is used here.
      if (field == ModelProto::kTrainingInfo) return std::optional<std::string>("");
      return field == ModelProto::kFunctions ? TakeIntoFunction(content) : std::nullopt;
    });
    if (!failure_.ok()) return failure_;
    if (graph) taken_.graph = *std::move(graph);
    return std::move(taken_);
  }

 private:
  std::optional<std::string> TakeFromGraph(std::string_view graph) {
    Readers readers;
    if (options_.share) readers.Note(ProtoMessage(graph));
    return RewriteMessage(graph, [&](uint32_t field, std::string_view content) {
      if (field == GraphProto::kInitializer) return TakeFromTensor(content, readers);
      return field == GraphProto::kNode ? TakeIntoNode(content) : std::nullopt;
    });
  }

  // Tensors anywhere else are not handed over by name: what is external comes into the graph.
  std::optional<std::string> TakeIntoFunction(std::string_view function) {
    return RewriteMessage(function, [&](uint32_t field, std::string_view content) {
      if (field == FunctionProto::kNode) return TakeIntoNode(content);
      return field == FunctionProto::kAttributeProto ? TakeIntoAttribute(content) : std::nullopt;
    });
  }
  std::optional<std::string> TakeIntoNode(std::string_view node) {
    return RewriteMessage(node, [&](uint32_t field, std::string_view content) {
      return field == NodeProto::kAttribute ? TakeIntoAttribute(content) : std::nullopt;
    });
  }
  std::optional<std::string> TakeIntoAttribute(std::string_view attribute) {
    return RewriteMessage(attribute, [&](uint32_t field, std::string_view content) {
      if (IsOnnxTensor(field)) return TakeIntoTensor(content);
      return IsOnnxGraph(field) ? TakeIntoGraph(content) : std::nullopt;
    });
  }
  std::optional<std::string> TakeIntoGraph(std::string_view graph) {
    return RewriteMessage(graph, [&](uint32_t field, std::string_view content) {
      if (field == GraphProto::kInitializer) return TakeIntoTensor(content);
      return field == GraphProto::kNode ? TakeIntoNode(content) : std::nullopt;
    });
  }

  std::optional<std::string> TakeIntoTensor(std::string_view message) {
    OnnxTensorView tensor = ReadOnnxTensor(ProtoMessage(message));
    if (!tensor.has_reference || !FindData(&tensor)) return std::nullopt;
    return WithData(tensor);
  }

  std::optional<std::string> TakeFromTensor(std::string_view message, const Readers& readers) {
    OnnxTensorView tensor = ReadOnnxTensor(ProtoMessage(message));
    if (tensor.has_reference && !FindData(&tensor)) return std::nullopt;
    const uint64_t bytes = tensor.raw.size();
    const bool large = bytes >= kLeastMappedBytes && BytesOfShape(tensor, bytes) == bytes;
    const bool shared = large && options_.share && readers.TakeAsItIs(tensor.name);
    if (!shared && !(large && (tensor.external || options_.take_others))) {
      return tensor.has_reference ? WithData(tensor) : std::optional<std::string>();
    }
    std::string reference = OnnxTensorWithoutData(tensor);
    AppendOnnxReference({.location = kNoWeightsFile, .offset = {}, .length = bytes}, &reference);
    const auto place = reinterpret_cast<uintptr_t>(tensor.raw.data());
    const uint64_t element_bytes = HandedBytes(tensor.element);
    (shared ? taken_.shared : taken_.others)
        .push_back({.name = std::string(tensor.name),
                    .element = tensor.element,
                    .dims = std::move(tensor.dims),
                    .data = tensor.raw,
                    .aligned = element_bytes > 0 && place % element_bytes == 0});
    return reference;
  }

  static std::string WithData(const OnnxTensorView& tensor) {
    std::string bytes = OnnxTensorWithoutData(tensor);
    if (tensor.has_raw || tensor.external) AppendOnnxRawData(tensor.raw, &bytes);
    return bytes;
  }

  // Lets `raw` be the data, wherever they lie; false if they are not there.
  bool FindData(OnnxTensorView* tensor) {
    if (!tensor->external) return true;
    const auto found = model_.external.find(std::string(tensor->location));
    const bool is_there = found != model_.external.end();
    const std::string_view file = is_there ? found->second : std::string_view();
    const std::optional<OnnxPlace> place = OnnxPlaceOf(*tensor);
    const uint64_t offset = place ? place->offset : 0;
    const uint64_t length =
        (place ? place->length : std::nullopt).value_or(BytesOfShape(*tensor, file.size()));
    if (!is_there || !place || length == 0 || offset > file.size() ||
        length > file.size() - offset) {
      failure_ = DataLossError("the data of weight " + Quoted(tensor->name) + " (" +
                               std::to_string(length) + " bytes at " + std::to_string(offset) +
                               ") is not in " + Quoted(tensor->location) + ", which has " +
                               std::to_string(file.size()) + " bytes");
      return false;
    }
    tensor->raw = file.substr(offset, length);
    return true;
  }

  const GraphBytes& model_;
  const TakeOutOptions& options_;
  MappedGraph taken_;
  Status failure_;
};

}  // namespace

GraphBytes GraphBytes::Of(const GraphFiles& files) {
  GraphBytes bytes{.graph = files.graph.bytes()};
  for (const auto& [location, file] : files.external) bytes.external[location] = file.bytes();
  return bytes;
}

Result<MappedGraph> TakeOutWeights(const GraphBytes& model, const TakeOutOptions& options) {
  try {
    return WeightTaker(model, options).Take();
  } catch (const ProtoError& error) {
    return DataLossError(std::string("the graph is not a whole ONNX model: protobuf ") +
                         error.what());
  }
}

}  // namespace vetor
