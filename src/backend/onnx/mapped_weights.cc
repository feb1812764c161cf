#include "backend/onnx/mapped_weights.h"

#include <algorithm>
#include <array>
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

// A field that is a message, string or bytes, and alone in `raw`: its content.
std::string_view ContentOf(std::string_view raw) {
  ProtoMessage field(raw);
  field.Next();
  return field.Bytes();
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

class WeightTaker {
 public:
  WeightTaker(std::string_view model, std::string_view file_name, const TakeOutOptions& options)
      : model_(model), file_name_(file_name), options_(options) {}

  // ModelProto: graph = 7.
  MappedGraph Take() {
    protozero::pbf_writer writer(taken_.graph);
    for (ProtoMessage model(model_); model.Next();) {
      if (model.field() == 7) {
        writer.add_message(7, TakeFromGraph(model.Bytes()));
      } else {
        taken_.graph += model.Raw();
      }
    }
    return has_external_data_ ? MappedGraph{} : std::move(taken_);
  }

 private:
  // GraphProto: initializer = 5. Graphs inside nodes are left as they are.
  std::string TakeFromGraph(std::string_view content) {
    Readers readers;
    if (options_.share) readers.Note(ProtoMessage(content));
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    for (ProtoMessage graph(content); graph.Next();) {
      const std::string_view raw = graph.Raw();
      std::optional<std::string> tensor;
      if (graph.field() == 5) tensor = TakeFromTensor(ProtoMessage(ContentOf(raw)), readers);
      if (tensor) {
        writer.add_message(5, *tensor);
      } else {
        bytes += raw;
      }
    }
    return bytes;
  }

  // TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9, external_data = 13,
  // data_location = 14 (EXTERNAL 1). Nullopt: it stays as it is.
  std::optional<std::string> TakeFromTensor(ProtoMessage tensor, const Readers& readers) {
    std::string bytes;
    std::string_view data;
    WeightPlace place;
    while (tensor.Next()) {
      switch (tensor.field()) {
        case 1:
          tensor.Ints([&](int64_t dim) { place.dims.push_back(dim); });
          break;
        case 2:
          place.type = static_cast<int32_t>(tensor.Int());
          break;
        case 8:
          place.name = tensor.Bytes();
          break;
        case 9:
          data = tensor.Bytes();
          continue;
        case 13:
          has_external_data_ = true;
          break;
        case 14:
          has_external_data_ = has_external_data_ || tensor.Int() == 1;
          continue;
        default:
          break;
      }
      bytes += tensor.Raw();
    }
    place.offset = static_cast<uint64_t>(data.data() - model_.data());
    place.bytes = data.size();
    if (!Measure(&place)) return std::nullopt;
    const bool shared = options_.share && readers.TakeAsItIs(place.name);
    if (!shared && !(options_.map_others && place.aligned)) return std::nullopt;
    protozero::pbf_writer writer(bytes);
    AddEntry("location", file_name_, &writer);
    AddEntry("offset", std::to_string(place.offset), &writer);
    AddEntry("length", std::to_string(place.bytes), &writer);
    writer.add_enum(14, 1);
    taken_.mapped_bytes += place.bytes;
    if (shared) taken_.shared.push_back(std::move(place));
    return bytes;
  }

  // False where it is too small, or its bytes do not fit its shape.
  static bool Measure(WeightPlace* place) {
    uint64_t elements = 1;
    for (const int64_t dim : place->dims) elements *= static_cast<uint64_t>(dim);
    if (place->bytes < kLeastMappedBytes || elements == 0 || place->bytes % elements != 0) {
      return false;
    }
    place->aligned = place->offset % (place->bytes / elements) == 0;
    return true;
  }

  std::string_view model_;
  std::string_view file_name_;
  const TakeOutOptions& options_;
  MappedGraph taken_;
  bool has_external_data_ = false;
};

}  // namespace

Result<MappedGraph> TakeOutWeights(std::string_view model, std::string_view file_name,
                                   const TakeOutOptions& options) {
  try {
    return WeightTaker(model, file_name, options).Take();
  } catch (const protozero::exception& error) {
    return DataLossError(std::string(file_name) + " is not a whole ONNX model: protobuf " +
                         error.what());
  }
}

}  // namespace vetor
