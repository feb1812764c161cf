#include "model/onnx_graph.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "formats/model_file.h"
#include "formats/onnx/element_type.h"
#include "formats/onnx/graph_reader.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/tensor_reader.h"

namespace vetor {
namespace {

using onnx::FunctionProto;
using onnx::GraphProto;
using onnx::ModelProto;

// Exporters nest If and Loop twice or three times; protobuf itself stops at 100.
constexpr int kMaxGraphDepth = 32;

std::string_view FirstOutput(const OnnxNodeView& node) {
  for (const std::string_view output : node.outputs) {
    if (!output.empty()) return output;
  }
  return {};
}

// 0: the node has no such attribute.
int64_t IntOf(const OnnxNodeView& node, std::string_view name) {
  int64_t value = 0;
  for (const ProtoMessage& message : node.attributes) {
    const OnnxAttributeView attribute = ReadOnnxAttribute(message);
    if (attribute.name == name) value = attribute.integer;
  }
  return value;
}

// See OnnxAttributeView.
Status Twice(const char* what) {
  return DataLossError(std::string("it has more than one ") + what + " where one belongs");
}

// Gathers the facts of one model. Throws ProtoError on malformed bytes.
class FactsReader {
 public:
  Status ReadModel(ProtoMessage model);
  OnnxGraph Finish();

 private:
  struct Weight {
    OnnxElement element;
    uint64_t elements;
    int64_t rows;
  };

  Status ReadFunction(ProtoMessage function);
  Status ReadGraph(ProtoMessage graph, int depth);
  Status NoteNode(const OnnxNodeView& node, int depth);
  Status ReadAttribute(ProtoMessage message, int depth, std::string_view constant_of);
  Status AddTensor(ProtoMessage message, std::string_view constant_of);
  void NoteOperator(const OnnxNodeView& node);
  void NoteLookup(const OnnxNodeView& node);
  std::string_view Origin(std::string_view name) const;
  int64_t WordRows() const;
  std::string Precision() const;

  OnnxGraph graph_;
  bool has_graph_ = false;
  size_t nodes_ = 0;
  std::vector<OnnxValue> declared_inputs_;            // Old files list initialisers here as well.
  std::unordered_set<std::string> initial_;           // Names of the main graph's initialisers.
  std::unordered_map<std::string, Weight> matrices_;  // Rank 2 and more.
  std::unordered_set<std::string> lookup_tables_;     // First input of some Gather.
  std::unordered_map<std::string, int64_t> packed_bits_;                // Weights of MatMulNBits.
  bool in_function_ = false;                                            // Whose names are its own.
  std::unordered_map<std::string_view, std::string_view> same_values_;  // Output to input.
  std::vector<std::pair<std::string_view, std::string_view>> lookups_;  // Table and indices.
};

Status FactsReader::ReadModel(ProtoMessage model) {
  while (model.Next()) {
    if (model.field() == ModelProto::kGraph) {
      if (std::exchange(has_graph_, true)) return Twice("graph");
      VETOR_RETURN_IF_ERROR(ReadGraph(model.Message(), 0));
    } else if (model.field() == ModelProto::kOpsetImport) {
      const OnnxOpset opset = ReadOnnxOpset(model.Message());
      if (opset.domain.empty() || opset.domain == "ai.onnx") graph_.facts.opset = opset.version;
    } else if (model.field() == ModelProto::kFunctions) {
      VETOR_RETURN_IF_ERROR(ReadFunction(model.Message()));
    }
  }
  if (!has_graph_ || nodes_ == 0) return DataLossError("it holds no graph");
  if (graph_.facts.outputs.empty()) return DataLossError("its graph has no output");
  if (graph_.facts.opset <= 0) return DataLossError("it names no operator set");
  return Status();
}

Status FactsReader::ReadFunction(ProtoMessage function) {
  in_function_ = true;
  while (function.Next()) {
    if (function.field() == FunctionProto::kNode) {
      VETOR_RETURN_IF_ERROR(NoteNode(ReadOnnxNode(function.Message()), 1));
    } else if (function.field() == FunctionProto::kAttributeProto) {
      VETOR_RETURN_IF_ERROR(ReadAttribute(function.Message(), 1, {}));
    }
  }
  in_function_ = false;
  return Status();
}

Status FactsReader::ReadGraph(ProtoMessage graph, int depth) {
  if (depth > kMaxGraphDepth) {
    return UnimplementedError("its graphs are nested more than " + std::to_string(kMaxGraphDepth) +
                              " deep");
  }
  OnnxNodeView node;
  while (graph.Next()) {
    if (graph.field() == GraphProto::kNode) {
      ReadOnnxNode(graph.Message(), &node);
      VETOR_RETURN_IF_ERROR(NoteNode(node, depth));
    } else if (graph.field() == GraphProto::kInitializer) {
      VETOR_RETURN_IF_ERROR(AddTensor(graph.Message(), {}));
    } else if (graph.field() == GraphProto::kInput && depth == 0) {
      declared_inputs_.push_back(ReadOnnxValue(graph.Message()));
    } else if (graph.field() == GraphProto::kOutput && depth == 0) {
      graph_.facts.outputs.push_back(ReadOnnxValue(graph.Message()));
    } else if (graph.field() == GraphProto::kSparseInitializer) {
      return UnimplementedError("it has sparse initialisers, expected dense ones");
    }
  }
  return Status();
}

Status FactsReader::NoteNode(const OnnxNodeView& node, int depth) {
  ++nodes_;
  for (const ProtoMessage& attribute : node.attributes) {
    VETOR_RETURN_IF_ERROR(ReadAttribute(attribute, depth, FirstOutput(node)));
  }
  NoteOperator(node);
  return Status();
}

// `constant_of`: the output that a Constant node gives to the tensor.
Status FactsReader::ReadAttribute(ProtoMessage message, int depth, std::string_view constant_of) {
  const OnnxAttributeView attribute = ReadOnnxAttribute(message);
  if (attribute.tensor_twice) return Twice("tensor of an attribute");
  if (attribute.graph_twice) return Twice("graph of an attribute");
  if (attribute.sparse) return UnimplementedError("it has sparse constants, expected dense ones");
  while (attribute.nested && message.Next()) {
    if (IsOnnxTensor(message.field())) {
      VETOR_RETURN_IF_ERROR(AddTensor(message.Message(), constant_of));
    } else if (IsOnnxGraph(message.field())) {
      VETOR_RETURN_IF_ERROR(ReadGraph(message.Message(), depth + 1));
    }
  }
  return Status();
}

void FactsReader::NoteOperator(const OnnxNodeView& node) {
  // Its scale comes from the whole tensor, so the rows of a batch influence each other.
  if (node.op_type == "DynamicQuantizeLinear") graph_.facts.dynamic_int8 = true;
  if (node.op_type == "Gather" && !node.inputs.empty()) {
    lookup_tables_.emplace(node.inputs[0]);
  } else if (node.op_type == "MatMulNBits" && node.inputs.size() > 1) {
    packed_bits_[std::string(node.inputs[1])] = IntOf(node, "bits");
  }
  if (!in_function_) NoteLookup(node);
}

// Which table the ids of a text look up, through what changes no index: exporters put a Cast before
// the lookup, quantised tables a DequantizeLinear, a graph over rows joined end to end a Slice.
void FactsReader::NoteLookup(const OnnxNodeView& node) {
  constexpr std::array kSame = {"Cast",      "Identity", "Reshape", "Squeeze",
                                "Unsqueeze", "Flatten",  "Slice",   "DequantizeLinear"};
  const size_t inputs = node.inputs.size();
  if (inputs > 0 && std::find(kSame.begin(), kSame.end(), node.op_type) != kSame.end()) {
    same_values_.emplace(FirstOutput(node), node.inputs[0]);
  } else if ((node.op_type == "Gather" || node.op_type == "GatherBlockQuantized") && inputs > 1) {
    lookups_.emplace_back(node.inputs[0], node.inputs[1]);
  } else if ((node.op_type == "EmbedLayerNormalization" ||
              node.op_type == "QEmbedLayerNormalization") &&
             inputs > 2) {
    lookups_.emplace_back(node.inputs[2], node.inputs[0]);
  }
}

// A hostile graph may go in a circle.
std::string_view FactsReader::Origin(std::string_view name) const {
  constexpr int kMostSteps = 16;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto found = same_values_.find(name);
    if (found == same_values_.end()) break;
    name = found->second;
  }
  return name;
}

int64_t FactsReader::WordRows() const {
  int64_t rows = 0;
  for (const auto& [table, indices] : lookups_) {
    if (Origin(indices) != "input_ids") continue;
    const auto weight = matrices_.find(std::string(Origin(table)));
    if (weight == matrices_.end() || weight->second.rows < 1) continue;
    rows = rows == 0 ? weight->second.rows : std::min(rows, weight->second.rows);
  }
  return rows;
}

// Initialisers have a name of their own, and no `constant_of`.
Status FactsReader::AddTensor(ProtoMessage message, std::string_view constant_of) {
  const OnnxTensorView tensor = ReadOnnxTensor(message);
  VETOR_ASSIGN_OR_RETURN(const OnnxTensorSize size, MeasureOnnxTensor(tensor));
  std::string name(constant_of.empty() ? tensor.name : constant_of);
  if (tensor.external) {
    uint64_t& needed = graph_.external_bytes[std::string(tensor.location)];
    needed = std::max(needed, size.external_end);
  }
  // Quantised and half tables keep the name with a suffix.
  if (tensor.dims.size() == 2 && name.find("position_embeddings.weight") != std::string::npos) {
    graph_.facts.position_rows = std::max(graph_.facts.position_rows, tensor.dims[0]);
  }
  if (tensor.dims.size() >= 2) matrices_[name] = {tensor.element, size.elements, tensor.dims[0]};
  initial_.insert(std::move(name));
  return Status();
}

// What most elements of the weight matrices are. Lookup tables are left out while anything else is
// there: bert-base with int8 layers still keeps 94 MB of word embeddings in fp32.
std::string FactsReader::Precision() const {
  for (const bool tables_too : {false, true}) {
    std::unordered_map<std::string, uint64_t> elements;
    for (const auto& [name, weight] : matrices_) {
      if (!tables_too && lookup_tables_.contains(name)) continue;
      const auto packed = packed_bits_.find(name);
      if (packed != packed_bits_.end() && packed->second > 0 && packed->second <= 8) {
        elements["int" + std::to_string(packed->second)] +=
            weight.elements * 8 / static_cast<uint64_t>(packed->second);
      } else {
        elements[OnnxPrecisionName(weight.element)] += weight.elements;
      }
    }
    const auto most =
        std::max_element(elements.begin(), elements.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second, a.first) < std::pair(b.second, b.first);
        });
    if (most != elements.end()) return most->first;
  }
  return "fp32";  // No matrix at all: only what the nodes compute in, ONNX's default.
}

OnnxGraph FactsReader::Finish() {
  for (OnnxValue& input : declared_inputs_) {
    if (!initial_.contains(input.name)) graph_.facts.inputs.push_back(std::move(input));
  }
  graph_.facts.precision = Precision();
  graph_.facts.word_rows = WordRows();
  for (const auto& [location, bytes] : graph_.external_bytes) {
    graph_.facts.external_files.push_back(location);
  }
  return std::move(graph_);
}

}  // namespace

Result<OnnxGraph> ReadOnnxGraph(std::string_view bytes, std::string_view where) {
  const auto fault = [&](const std::string& what) {
    std::string message = std::string(where) + " (" + std::to_string(bytes.size()) +
                          " bytes) is not a whole ONNX model: " + what;
    if (bytes.substr(0, 8).ends_with("ORTM")) {
      return std::string(where) +
             " is in ORT format, expected .onnx: use the .onnx file that it was made from, or "
             "export the model again (vetor export)";
    }
    if (bytes.starts_with('<')) message += "; it looks like a web page saved under that name";
    return message + "; download or export it again";
  };
  FactsReader reader;
  try {
    const Status status = reader.ReadModel(ProtoMessage(bytes));
    if (status.code() == StatusCode::kDataLoss) return DataLossError(fault(status.message()));
    if (!status.ok()) return status.WithContext(where);
    return reader.Finish();
  } catch (const ProtoError& error) {
    return DataLossError(fault(std::string("protobuf ") + error.what()));
  }
}

}  // namespace vetor
