#include "backend/onnx/mapped_weights.h"

#include <optional>
#include <protozero/exception.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/proto_message.h"

namespace vetor {
namespace {

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

class WeightTaker {
 public:
  WeightTaker(std::string_view model, std::string_view file_name)
      : model_(model), file_name_(file_name) {}

  // ModelProto: graph = 7.
  MappedGraph Take() {
    MappedGraph taken;
    protozero::pbf_writer writer(taken.graph);
    for (ProtoMessage model(model_); model.Next();) {
      if (model.field() == 7) {
        writer.add_message(7, TakeFromGraph(model.Message()));
      } else {
        taken.graph += model.Raw();
      }
    }
    if (has_external_data_) return {};
    taken.mapped_bytes = mapped_bytes_;
    return taken;
  }

 private:
  // GraphProto: initializer = 5. Graphs inside nodes are left as they are.
  std::string TakeFromGraph(ProtoMessage graph) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    while (graph.Next()) {
      const std::string_view raw = graph.Raw();
      std::optional<std::string> tensor;
      if (graph.field() == 5) tensor = TakeFromTensor(ProtoMessage(ContentOf(raw)));
      if (tensor) {
        writer.add_message(5, *tensor);
      } else {
        bytes += raw;
      }
    }
    return bytes;
  }

  // TensorProto: dims = 1, raw_data = 9, external_data = 13, data_location = 14 (EXTERNAL 1).
  // Nullopt: it stays as it is.
  std::optional<std::string> TakeFromTensor(ProtoMessage tensor) {
    std::string bytes;
    std::string_view data;
    uint64_t elements = 1;
    while (tensor.Next()) {
      if (tensor.field() == 9) {
        data = tensor.Bytes();
        continue;
      }
      if (tensor.field() == 14) {
        if (tensor.Int() == 1) has_external_data_ = true;
        continue;
      }
      if (tensor.field() == 13) has_external_data_ = true;
      if (tensor.field() == 1) {
        tensor.Ints([&](int64_t dim) { elements *= static_cast<uint64_t>(dim); });
      }
      bytes += tensor.Raw();
    }
    const auto offset = static_cast<uint64_t>(data.data() - model_.data());
    if (data.size() < kLeastMappedBytes || elements == 0 || data.size() % elements != 0 ||
        offset % (data.size() / elements) != 0) {
      return std::nullopt;
    }
    protozero::pbf_writer writer(bytes);
    AddEntry("location", file_name_, &writer);
    AddEntry("offset", std::to_string(offset), &writer);
    AddEntry("length", std::to_string(data.size()), &writer);
    writer.add_enum(14, 1);
    mapped_bytes_ += data.size();
    return bytes;
  }

  std::string_view model_;
  std::string_view file_name_;
  uint64_t mapped_bytes_ = 0;
  bool has_external_data_ = false;
};

}  // namespace

Result<MappedGraph> TakeOutWeights(std::string_view model, std::string_view file_name) {
  try {
    return WeightTaker(model, file_name).Take();
  } catch (const protozero::exception& error) {
    return DataLossError(std::string(file_name) + " is not a whole ONNX model: protobuf " +
                         error.what());
  }
}

}  // namespace vetor
