#include "backend/onnx/mapped_weights.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <protozero/exception.hpp>
#include <protozero/pbf_writer.hpp>
#include <unordered_map>
#include <utility>

#include "base/proto_message.h"

namespace vetor {
namespace {

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

// Bytes an element, by TensorProto.DataType: the types that are numbers of whole bytes. All others
// (strings, numbers of 4 bits) are left to the runtime.
uint64_t ElementBytes(int32_t type) {
  switch (type) {
    case 2:  // uint8
    case 3:  // int8
    case 9:  // bool
      return 1;
    case 4:   // uint16
    case 5:   // int16
    case 10:  // float16
    case 16:  // bfloat16
      return 2;
    case 1:   // float
    case 6:   // int32
    case 12:  // uint32
      return 4;
    case 7:   // int64
    case 11:  // double
    case 13:  // uint64
      return 8;
    default:
      return 0;
  }
}

// Of a tensor with this type and shape; 0 where it is not known, or more than `most`.
uint64_t BytesOfShape(const TakenWeight& weight, uint64_t most) {
  uint64_t bytes = ElementBytes(weight.type);
  for (const int64_t dim : weight.dims) {
    if (dim <= 0 || bytes > most / static_cast<uint64_t>(dim)) return 0;
    bytes *= static_cast<uint64_t>(dim);
  }
  return bytes;
}

// StringStringEntryProto: key = 1, value = 2.
void AddEntry(std::string_view key, std::string_view value, protozero::pbf_writer* tensor) {
  std::string entry;
  protozero::pbf_writer writer(entry);
  writer.add_string(1, key.data(), key.size());
  writer.add_string(2, value.data(), value.size());
  tensor->add_message(13, entry);
}

// Of every value that a node reads: whether all who read it take it as it is.
class Readers {
 public:
  // GraphProto: node = 1, output = 12; ValueInfoProto: name = 1.
  void Note(ProtoMessage graph) {
    while (graph.Next()) {
      if (graph.field() == 1) {
        NoteNode(graph.Message());
      } else if (graph.field() == 12) {
        ProtoMessage output = graph.Message();
        while (output.Next()) {
          if (output.field() == 1) as_it_is_[output.Bytes()] = false;
        }
      }
    }
  }

  bool TakeAsItIs(std::string_view name) const {
    const auto found = as_it_is_.find(name);
    return found != as_it_is_.end() && found->second;
  }

 private:
  // NodeProto: input = 1, op_type = 4, attribute = 5; AttributeProto: g = 6, graphs = 11. The
  // reader before has bounded how deep graphs are nested (onnx_graph.h).
  void NoteNode(ProtoMessage node) {
    std::vector<std::string_view> inputs;
    std::string_view op_type;
    while (node.Next()) {
      if (node.field() == 1) {
        inputs.push_back(node.Bytes());
      } else if (node.field() == 4) {
        op_type = node.Bytes();
      } else if (node.field() == 5) {
        ProtoMessage attribute = node.Message();
        while (attribute.Next()) {
          if (attribute.field() == 6 || attribute.field() == 11) Note(attribute.Message());
        }
      }
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool takes = TakesAsItIs(op_type, i);
      const auto [entry, is_new] = as_it_is_.try_emplace(inputs[i], takes);
      entry->second = entry->second && takes;
    }
  }

  std::unordered_map<std::string_view, bool> as_it_is_;
};

// A TensorProto, taken apart.
struct TensorParts {
  TakenWeight weight;
  std::string others;  // Its fields but raw_data, external_data and data_location.
  bool has_raw = false;
  bool external = false;
  bool has_reference = false;  // external_data or data_location.
  std::string_view location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  bool has_place = true;  // Offset and length are numbers.
};

// 0 for no digits at all; false for what is no number.
bool ReadCount(std::string_view digits, uint64_t* count) {
  *count = 0;
  if (digits.empty()) return true;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *count);
  return error == std::errc() && end == digits.data() + digits.size();
}

// StringStringEntryProto: key = 1, value = 2.
void ReadReference(ProtoMessage entry, TensorParts* parts) {
  std::string_view key;
  std::string_view value;
  while (entry.Next()) {
    if (entry.field() == 1) key = entry.Bytes();
    if (entry.field() == 2) value = entry.Bytes();
  }
  parts->has_reference = true;
  if (key == "location") parts->location = value;
  if (key == "offset" && !ReadCount(value, &parts->offset)) parts->has_place = false;
  if (key == "length" && !value.empty()) {
    parts->has_place = ReadCount(value, &parts->length.emplace()) && parts->has_place;
  }
}

// TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9, external_data = 13,
// data_location = 14 (EXTERNAL 1).
TensorParts ReadParts(ProtoMessage tensor) {
  TensorParts parts;
  while (tensor.Next()) {
    switch (tensor.field()) {
      case 1:
        tensor.Ints([&](int64_t dim) { parts.weight.dims.push_back(dim); });
        break;
      case 2:
        parts.weight.type = static_cast<int32_t>(tensor.Int());
        break;
      case 8:
        parts.weight.name = tensor.Bytes();
        break;
      case 9:
        parts.weight.data = tensor.Bytes();
        parts.has_raw = true;
        continue;
      case 13:
        ReadReference(tensor.Message(), &parts);
        continue;
      case 14:
        parts.external = static_cast<int32_t>(tensor.Int()) == 1;
        parts.has_reference = true;
        continue;
      default:
        break;
    }
    parts.others += tensor.Raw();
  }
  return parts;
}

// `message` with fields replaced: `replace` is given the number and content of each field that is a
// message, and answers its new content, or nullopt where it stays. Nullopt: all of it stays.
template <typename Replace>
std::optional<std::string> Rewrite(std::string_view message, Replace replace) {
  std::optional<std::string> bytes;
  for (ProtoMessage field(message); field.Next();) {
    std::optional<std::string> content;
    ProtoMessage value = field;  // A copy at the same place: content and raw bytes of one field.
    const std::string_view raw = field.Raw();
    if (value.IsBytes()) content = replace(value.field(), value.Bytes());
    if (content && !bytes) {
      bytes.emplace(message.substr(0, static_cast<size_t>(raw.data() - message.data())));
    }
    if (content) {
      protozero::pbf_writer(*bytes).add_message(value.field(), *content);
    } else if (bytes) {
      *bytes += raw;
    }
  }
  return bytes;
}

class WeightTaker {
 public:
  WeightTaker(const GraphBytes& model, const TakeOutOptions& options)
      : model_(model), options_(options) {}

  // ModelProto: graph = 7, training_info = 20 (nothing of it is used here), functions = 25.
  Result<MappedGraph> Take() {
    auto graph = Rewrite(model_.graph, [&](uint32_t field, std::string_view content) {
      if (field == 7) return TakeFromGraph(content);
      if (field == 20) return std::optional<std::string>("");
      return field == 25 ? TakeIntoFunction(content) : std::nullopt;
    });
    if (!failure_.ok()) return failure_;
    if (graph) taken_.graph = *std::move(graph);
    return std::move(taken_);
  }

 private:
  // GraphProto: node = 1, initializer = 5.
  std::optional<std::string> TakeFromGraph(std::string_view graph) {
    Readers readers;
    if (options_.share) readers.Note(ProtoMessage(graph));
    return Rewrite(graph, [&](uint32_t field, std::string_view content) {
      if (field == 5) return TakeFromTensor(content, readers);
      return field == 1 ? TakeIntoNode(content) : std::nullopt;
    });
  }

  // Tensors anywhere else are not handed over by name: what is external comes into the graph.
  // FunctionProto: node = 7, attribute_proto = 11. NodeProto: attribute = 5. AttributeProto: t = 5,
  // g = 6, tensors = 10, graphs = 11.
  std::optional<std::string> TakeIntoFunction(std::string_view function) {
    return Rewrite(function, [&](uint32_t field, std::string_view content) {
      if (field == 7) return TakeIntoNode(content);
      return field == 11 ? TakeIntoAttribute(content) : std::nullopt;
    });
  }
  std::optional<std::string> TakeIntoNode(std::string_view node) {
    return Rewrite(node, [&](uint32_t field, std::string_view content) {
      return field == 5 ? TakeIntoAttribute(content) : std::nullopt;
    });
  }
  std::optional<std::string> TakeIntoAttribute(std::string_view attribute) {
    return Rewrite(attribute, [&](uint32_t field, std::string_view content) {
      if (field == 5 || field == 10) return TakeIntoTensor(content);
      return field == 6 || field == 11 ? TakeIntoGraph(content) : std::nullopt;
    });
  }
  std::optional<std::string> TakeIntoGraph(std::string_view graph) {
    return Rewrite(graph, [&](uint32_t field, std::string_view content) {
      if (field == 5) return TakeIntoTensor(content);
      return field == 1 ? TakeIntoNode(content) : std::nullopt;
    });
  }

  std::optional<std::string> TakeIntoTensor(std::string_view tensor) {
    TensorParts parts = ReadParts(ProtoMessage(tensor));
    if (!parts.has_reference || !FindData(&parts)) return std::nullopt;
    return WithData(std::move(parts));
  }

  std::optional<std::string> TakeFromTensor(std::string_view tensor, const Readers& readers) {
    TensorParts parts = ReadParts(ProtoMessage(tensor));
    if (parts.has_reference && !FindData(&parts)) return std::nullopt;
    TakenWeight& weight = parts.weight;
    const uint64_t bytes = weight.data.size();
    const bool large = bytes >= kLeastMappedBytes && BytesOfShape(weight, bytes) == bytes;
    weight.aligned =
        large && reinterpret_cast<uintptr_t>(weight.data.data()) % ElementBytes(weight.type) == 0;
    const bool shared = large && options_.share && readers.TakeAsItIs(weight.name);
    if (shared) {
      taken_.shared.push_back(weight);
    } else if (large && (parts.external || options_.take_others)) {
      taken_.others.push_back(weight);
    } else {
      return parts.has_reference ? WithData(std::move(parts)) : std::optional<std::string>();
    }
    protozero::pbf_writer writer(parts.others);
    AddEntry("location", kNoWeightsFile, &writer);
    AddEntry("length", std::to_string(bytes), &writer);
    writer.add_enum(14, 1);
    return std::move(parts.others);
  }

  static std::string WithData(TensorParts parts) {
    protozero::pbf_writer writer(parts.others);
    const std::string_view data = parts.weight.data;
    if (parts.has_raw || parts.external) writer.add_bytes(9, data.data(), data.size());
    return std::move(parts.others);
  }

  // Sets where the data lies; false where it is not there.
  bool FindData(TensorParts* parts) {
    if (!parts->external) return true;
    TakenWeight& weight = parts->weight;
    const auto found = model_.external.find(std::string(parts->location));
    const bool is_there = found != model_.external.end();
    const std::string_view file = is_there ? found->second : std::string_view();
    const uint64_t length = parts->length.value_or(BytesOfShape(weight, file.size()));
    if (!is_there || !parts->has_place || length == 0 || parts->offset > file.size() ||
        length > file.size() - parts->offset) {
      failure_ = DataLossError(
          "the data of weight " + Quoted(weight.name) + " (" + std::to_string(length) +
          " bytes at " + std::to_string(parts->offset) + ") is not in " + Quoted(parts->location) +
          ", which has " + std::to_string(file.size()) + " bytes");
      return false;
    }
    weight.data = file.substr(parts->offset, length);
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
  } catch (const protozero::exception& error) {
    return DataLossError(std::string("the graph is not a whole ONNX model: protobuf ") +
                         error.what());
  }
}

}  // namespace vetor
