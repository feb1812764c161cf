#include "model/onnx_graph.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/model_file.h"
#include "base/proto_message.h"
#include "base/status_macros.h"
#include "model/onnx_tensor.h"

namespace vetor {
namespace {

// Exporters nest If and Loop twice or three times; protobuf itself stops at 100.
constexpr int kMaxGraphDepth = 32;

// protobuf merges a message that stands twice where one belongs; what a reader sees of it is then
// not what the runtime sees.
Status Twice(const char* what) {
  return DataLossError(std::string("it has more than one ") + what + " where one belongs");
}

// Reads one model; the methods mirror the messages of onnx.proto3. Throws protozero::exception on
// malformed bytes.
class GraphReader {
 public:
  Status ReadModel(ProtoMessage model);
  OnnxGraph Finish();

 private:
  struct Weight {
    OnnxType type;
    uint64_t elements;
    int64_t rows;
  };
  struct Node {
    std::string_view op_type;
    std::vector<std::string_view> inputs;
    std::string_view first_output;
    int64_t bits = 0;  // Attribute of MatMulNBits.
  };

  void ReadOpset(ProtoMessage opset);
  Status ReadFunction(ProtoMessage function);
  Status ReadGraph(ProtoMessage graph, int depth);
  Status ReadNode(ProtoMessage message, int depth);
  Status ReadAttribute(ProtoMessage attribute, int depth, Node* node);
  Status AddTensor(ProtoMessage message, std::string_view constant_of);
  OnnxValue ReadValue(ProtoMessage message) const;
  void ReadTensorType(ProtoMessage type, OnnxValue* value) const;
  void NoteNode(const Node& node);
  void NoteLookup(const Node& node);
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

// ModelProto: graph = 7, opset_import = 8, functions = 25.
Status GraphReader::ReadModel(ProtoMessage model) {
  while (model.Next()) {
    if (model.field() == 7) {
      if (std::exchange(has_graph_, true)) return Twice("graph");
      VETOR_RETURN_IF_ERROR(ReadGraph(model.Message(), 0));
    } else if (model.field() == 8) {
      ReadOpset(model.Message());
    } else if (model.field() == 25) {
      VETOR_RETURN_IF_ERROR(ReadFunction(model.Message()));
    }
  }
  if (!has_graph_ || nodes_ == 0) return DataLossError("it holds no graph");
  if (graph_.facts.outputs.empty()) return DataLossError("its graph has no output");
  if (graph_.facts.opset <= 0) return DataLossError("it names no operator set");
  return Status();
}

// OperatorSetIdProto: domain = 1, version = 2.
void GraphReader::ReadOpset(ProtoMessage opset) {
  std::string_view domain;
  int64_t version = 0;
  while (opset.Next()) {
    if (opset.field() == 1) {
      domain = opset.Bytes();
    } else if (opset.field() == 2) {
      version = opset.Int();
    }
  }
  if (domain.empty() || domain == "ai.onnx") graph_.facts.opset = version;
}

// FunctionProto: node = 7, attribute_proto = 11 (an attribute's default).
Status GraphReader::ReadFunction(ProtoMessage function) {
  Node unused;
  in_function_ = true;
  while (function.Next()) {
    if (function.field() == 7) {
      VETOR_RETURN_IF_ERROR(ReadNode(function.Message(), 1));
    } else if (function.field() == 11) {
      VETOR_RETURN_IF_ERROR(ReadAttribute(function.Message(), 1, &unused));
    }
  }
  in_function_ = false;
  return Status();
}

// GraphProto: node = 1, initializer = 5, input = 11, output = 12, sparse_initializer = 15.
Status GraphReader::ReadGraph(ProtoMessage graph, int depth) {
  if (depth > kMaxGraphDepth) {
    return UnimplementedError("its graphs are nested more than " + std::to_string(kMaxGraphDepth) +
                              " deep");
  }
  while (graph.Next()) {
    if (graph.field() == 1) {
      VETOR_RETURN_IF_ERROR(ReadNode(graph.Message(), depth));
    } else if (graph.field() == 5) {
      VETOR_RETURN_IF_ERROR(AddTensor(graph.Message(), {}));
    } else if (graph.field() == 11 && depth == 0) {
      declared_inputs_.push_back(ReadValue(graph.Message()));
    } else if (graph.field() == 12 && depth == 0) {
      graph_.facts.outputs.push_back(ReadValue(graph.Message()));
    } else if (graph.field() == 15) {
      return UnimplementedError("it has sparse initialisers, expected dense ones");
    }
  }
  return Status();
}

// NodeProto: input = 1, output = 2, op_type = 4, attribute = 5.
Status GraphReader::ReadNode(ProtoMessage message, int depth) {
  ++nodes_;
  Node node;
  std::vector<ProtoMessage> attributes;
  while (message.Next()) {
    if (message.field() == 1) {
      node.inputs.push_back(message.Bytes());
    } else if (message.field() == 2) {
      const std::string_view output = message.Bytes();
      if (node.first_output.empty()) node.first_output = output;
    } else if (message.field() == 4) {
      node.op_type = message.Bytes();
    } else if (message.field() == 5) {
      attributes.push_back(message.Message());
    }
  }
  for (const ProtoMessage& attribute : attributes) {
    VETOR_RETURN_IF_ERROR(ReadAttribute(attribute, depth, &node));
  }
  NoteNode(node);
  return Status();
}

// AttributeProto: name = 1, i = 3, t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor = 22,
// sparse_tensors = 23.
Status GraphReader::ReadAttribute(ProtoMessage attribute, int depth, Node* node) {
  std::string_view name;
  int64_t integer = 0;
  bool has_tensor = false;
  bool has_graph = false;
  while (attribute.Next()) {
    const uint32_t field = attribute.field();
    if (field == 5 && std::exchange(has_tensor, true)) return Twice("tensor of an attribute");
    if (field == 6 && std::exchange(has_graph, true)) return Twice("graph of an attribute");
    switch (field) {
      case 1:
        name = attribute.Bytes();
        break;
      case 3:
        integer = attribute.Int();
        break;
      case 5:
      case 10:
        VETOR_RETURN_IF_ERROR(AddTensor(attribute.Message(), node->first_output));
        break;
      case 6:
      case 11:
        VETOR_RETURN_IF_ERROR(ReadGraph(attribute.Message(), depth + 1));
        break;
      case 22:
      case 23:
        return UnimplementedError("it has sparse constants, expected dense ones");
      default:
        break;
    }
  }
  if (name == "bits") node->bits = integer;
  return Status();
}

void GraphReader::NoteNode(const Node& node) {
  // Its scale comes from the whole tensor, so the rows of a batch influence each other.
  if (node.op_type == "DynamicQuantizeLinear") graph_.facts.dynamic_int8 = true;
  if (node.op_type == "Gather" && !node.inputs.empty()) {
    lookup_tables_.emplace(node.inputs[0]);
  } else if (node.op_type == "MatMulNBits" && node.inputs.size() > 1) {
    packed_bits_[std::string(node.inputs[1])] = node.bits;
  }
  if (!in_function_) NoteLookup(node);
}

// Which table the ids of a text look up, through what changes no index: exporters put a Cast before
// the lookup, quantised tables a DequantizeLinear, a graph over rows joined end to end a Slice.
void GraphReader::NoteLookup(const Node& node) {
  constexpr std::array kSame = {"Cast",      "Identity", "Reshape", "Squeeze",
                                "Unsqueeze", "Flatten",  "Slice",   "DequantizeLinear"};
  const size_t inputs = node.inputs.size();
  if (inputs > 0 && std::find(kSame.begin(), kSame.end(), node.op_type) != kSame.end()) {
    same_values_.emplace(node.first_output, node.inputs[0]);
  } else if ((node.op_type == "Gather" || node.op_type == "GatherBlockQuantized") && inputs > 1) {
    lookups_.emplace_back(node.inputs[0], node.inputs[1]);
  } else if ((node.op_type == "EmbedLayerNormalization" ||
              node.op_type == "QEmbedLayerNormalization") &&
             inputs > 2) {
    lookups_.emplace_back(node.inputs[2], node.inputs[0]);
  }
}

// A hostile graph may go in a circle.
std::string_view GraphReader::Origin(std::string_view name) const {
  constexpr int kMostSteps = 16;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto found = same_values_.find(name);
    if (found == same_values_.end()) break;
    name = found->second;
  }
  return name;
}

int64_t GraphReader::WordRows() const {
  int64_t rows = 0;
  for (const auto& [table, indices] : lookups_) {
    if (Origin(indices) != "input_ids") continue;
    const auto weight = matrices_.find(std::string(Origin(table)));
    if (weight == matrices_.end() || weight->second.rows < 1) continue;
    rows = rows == 0 ? weight->second.rows : std::min(rows, weight->second.rows);
  }
  return rows;
}

// `constant_of`: the output that a Constant node gives to the tensor; initialisers have a name.
Status GraphReader::AddTensor(ProtoMessage message, std::string_view constant_of) {
  VETOR_ASSIGN_OR_RETURN(OnnxTensor tensor, ReadOnnxTensor(message));
  if (!constant_of.empty()) tensor.name = std::string(constant_of);
  if (tensor.external) {
    uint64_t& needed = graph_.external_bytes[tensor.location];
    needed = std::max(needed, tensor.external_end);
  }
  // Quantised and half tables keep the name with a suffix.
  if (tensor.dims.size() == 2 &&
      tensor.name.find("position_embeddings.weight") != std::string::npos) {
    graph_.facts.position_rows = std::max(graph_.facts.position_rows, tensor.dims[0]);
  }
  if (tensor.dims.size() >= 2) {
    matrices_[tensor.name] = {tensor.type, tensor.elements, tensor.dims[0]};
  }
  initial_.insert(std::move(tensor.name));
  return Status();
}

// ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1.
OnnxValue GraphReader::ReadValue(ProtoMessage message) const {
  OnnxValue value;
  while (message.Next()) {
    if (message.field() == 1) {
      value.name = std::string(message.Bytes());
    } else if (message.field() == 2) {
      ProtoMessage type = message.Message();
      while (type.Next()) {
        if (type.field() == 1) {
          ReadTensorType(type.Message(), &value);
        }
      }
    }
  }
  return value;
}

// TypeProto.Tensor: elem_type = 1, shape = 2; TensorShapeProto: dim = 1; Dimension: dim_value = 1.
void GraphReader::ReadTensorType(ProtoMessage type, OnnxValue* value) const {
  while (type.Next()) {
    if (type.field() == 1) {
      value->type = OnnxTypeName(static_cast<OnnxType>(type.Int()));
    } else if (type.field() == 2) {
      ProtoMessage shape = type.Message();
      value->has_shape = true;
      while (shape.Next()) {
        if (shape.field() != 1) continue;
        ProtoMessage dimension = shape.Message();
        int64_t size = -1;
        while (dimension.Next()) {
          if (dimension.field() == 1) {
            size = dimension.Int();
          }
        }
        value->dims.push_back(size);
      }
    }
  }
}

// What most elements of the weight matrices are. Lookup tables are left out while anything else is
// there: bert-base with int8 layers still keeps 94 MB of word embeddings in fp32.
std::string GraphReader::Precision() const {
  for (const bool tables_too : {false, true}) {
    std::unordered_map<std::string, uint64_t> elements;
    for (const auto& [name, weight] : matrices_) {
      if (!tables_too && lookup_tables_.contains(name)) continue;
      const auto packed = packed_bits_.find(name);
      if (packed != packed_bits_.end() && packed->second > 0 && packed->second <= 8) {
        elements["int" + std::to_string(packed->second)] +=
            weight.elements * 8 / static_cast<uint64_t>(packed->second);
      } else {
        elements[OnnxPrecisionName(weight.type)] += weight.elements;
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

OnnxGraph GraphReader::Finish() {
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
  GraphReader reader;
  try {
    const Status status = reader.ReadModel(ProtoMessage(bytes));
    if (status.code() == StatusCode::kDataLoss) return DataLossError(fault(status.message()));
    if (!status.ok()) return status.WithContext(where);
    return reader.Finish();
  } catch (const protozero::exception& error) {
    return DataLossError(fault(std::string("protobuf ") + error.what()));
  }
}

}  // namespace vetor
