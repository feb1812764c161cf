#include "model/onnx_graph.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "formats/onnx/element_type.h"

namespace vetor {
namespace {

// 0: the node has no such attribute.
int64_t IntOf(const OnnxNodeView& node, std::string_view name) {
  int64_t value = 0;
  for (const std::string_view bytes : node.attributes) {
    const OnnxAttributeView attribute = ReadOnnxAttribute(ProtoMessage(bytes));
    if (attribute.name == name) value = attribute.integer;
  }
  return value;
}

// Gathers the facts of one model. Throws ProtoError on malformed bytes.
class FactsReader {
 public:
  Status Note(const OnnxGraphView& view);
  OnnxGraph Finish(const OnnxGraphView& view);

 private:
  struct Weight {
    OnnxElement element;
    uint64_t elements;
    int64_t rows;
  };

  void NoteNodes(const OnnxGraphView& view);
  void NoteTensor(const OnnxGraphTensor& part);
  void NoteOperator(const OnnxNodeView& node);
  void NoteLookup(const OnnxNodeView& node);
  std::string_view Origin(std::string_view name) const;
  int64_t WordRows() const;
  std::string Precision() const;

  OnnxGraph graph_;
  std::unordered_set<std::string_view> initial_;           // Names that have a value in the file.
  std::unordered_map<std::string_view, Weight> matrices_;  // Rank 2 and more.
  std::unordered_set<std::string_view> lookup_tables_;     // First input of some Gather.
  std::unordered_map<std::string_view, int64_t> packed_bits_;           // Weights of MatMulNBits.
  std::unordered_map<std::string_view, std::string_view> same_values_;  // Output to input.
  std::vector<std::pair<std::string_view, std::string_view>> lookups_;  // Table and indices.
};

Status FactsReader::Note(const OnnxGraphView& view) {
  VETOR_RETURN_IF_ERROR(view.misfit());
  const size_t nodes =
      view.nodes().size() + view.inner_nodes().size() + view.function_nodes().size();
  if (nodes == 0 || view.graph().data() == nullptr) return DataLossError("it holds no graph");
  if (view.outputs().empty()) return DataLossError("its graph has no output");
  for (const OnnxOpset& opset : view.opsets()) {
    if (opset.domain.empty() || opset.domain == "ai.onnx") graph_.facts.opset = opset.version;
  }
  if (graph_.facts.opset <= 0) return DataLossError("it names no operator set");
  NoteNodes(view);
  for (const OnnxGraphTensor& part : view.tensors()) NoteTensor(part);
  return Status();
}

// Names inside a function are its own: its nodes do not show what the ids look up.
void FactsReader::NoteNodes(const OnnxGraphView& view) {
  const auto note = [&](const OnnxNodeView& node) {
    NoteOperator(node);
    NoteLookup(node);
  };
  for (const OnnxNodeView& node : view.nodes()) {
    for (const OnnxNodeView& inner : view.InnerNodes(node)) note(inner);
    note(node);
  }
  for (const OnnxNodeView& node : view.function_nodes()) NoteOperator(node);
}

void FactsReader::NoteOperator(const OnnxNodeView& node) {
  // Its scale comes from the whole tensor, so the rows of a batch influence each other.
  if (node.op_type == "DynamicQuantizeLinear") graph_.facts.dynamic_int8 = true;
  if (node.op_type == "Gather" && !node.inputs.empty()) {
    lookup_tables_.insert(node.inputs[0]);
  } else if (node.op_type == "MatMulNBits" && node.inputs.size() > 1) {
    packed_bits_[node.inputs[1]] = IntOf(node, "bits");
  }
}

// Which table the ids of a text look up, through nodes that change no index: exporters put a Cast
// before the lookup, quantised tables a DequantizeLinear, a graph over rows joined end to end a
// Slice.
void FactsReader::NoteLookup(const OnnxNodeView& node) {
  constexpr std::array kSame = {"Cast",      "Identity", "Reshape", "Squeeze",
                                "Unsqueeze", "Flatten",  "Slice",   "DequantizeLinear"};
  const size_t inputs = node.inputs.size();
  if (inputs > 0 && std::find(kSame.begin(), kSame.end(), node.op_type) != kSame.end()) {
    same_values_.emplace(OnnxFirstOutput(node), node.inputs[0]);
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
    const auto weight = matrices_.find(Origin(table));
    if (weight == matrices_.end() || weight->second.rows < 1) continue;
    rows = rows == 0 ? weight->second.rows : std::min(rows, weight->second.rows);
  }
  return rows;
}

void FactsReader::NoteTensor(const OnnxGraphTensor& part) {
  const OnnxTensorView& tensor = part.tensor;
  if (tensor.external) {
    uint64_t& needed = graph_.external_bytes[std::string(tensor.location)];
    needed = std::max(needed, part.size.external_end);
  }
  // Quantised and half tables keep the name with a suffix.
  if (tensor.dims.size() == 2 &&
      part.value.find("position_embeddings.weight") != std::string_view::npos) {
    graph_.facts.position_rows = std::max(graph_.facts.position_rows, tensor.dims[0]);
  }
  if (tensor.dims.size() >= 2) {
    matrices_[part.value] = {tensor.element, part.size.elements, tensor.dims[0]};
  }
  initial_.insert(part.value);
}

// The type of most elements of the weight matrices. Lookup tables are left out if there is any
// other matrix: bert-base with int8 layers still keeps 94 MB of word embeddings in fp32.
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
  return "fp32";  // No matrix at all: the nodes compute in ONNX's default.
}

OnnxGraph FactsReader::Finish(const OnnxGraphView& view) {
  // Old files list initialisers as inputs too.
  for (const OnnxValue& input : view.inputs()) {
    if (!initial_.contains(input.name)) graph_.facts.inputs.push_back(input);
  }
  graph_.facts.outputs = view.outputs();
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
  Result<OnnxGraphView> view = OnnxGraphView::Read(bytes);
  Status status = view.status();
  FactsReader reader;
  try {
    if (status.ok()) status = reader.Note(*view);
  } catch (const ProtoError& error) {
    status = DataLossError(std::string("protobuf ") + error.what());
  }
  if (status.code() == StatusCode::kDataLoss) return DataLossError(fault(status.message()));
  if (!status.ok()) return status.WithContext(where);
  OnnxGraph graph = reader.Finish(*view);
  graph.view = std::make_shared<const OnnxGraphView>(*std::move(view));
  return graph;
}

}  // namespace vetor
