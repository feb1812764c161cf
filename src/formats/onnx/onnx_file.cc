#include "formats/onnx/onnx_file.h"

#include <algorithm>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "base/status_macros.h"
#include "formats/onnx/message_writer.h"
#include "formats/onnx/schema.h"
#include "os/file.h"

namespace vetor {
namespace {

using onnx::GraphProto;
using onnx::ModelProto;
using onnx::TensorProto;

constexpr uint64_t kAlignment = 4096;
// Smaller tensors stay in the graph, where shape inference sees them.
constexpr uint64_t kSmallTensorBytes = 1024;
// Weights inside the model file begin at a cache line; no kernel asks for a larger alignment.
constexpr uint64_t kInlineAlignment = 64;

using Bytes = std::string;

// The IR version that came with the operator set (table in ONNX's Versioning.md). An older runtime
// refuses a newer IR version even if it knows every operator.
int64_t IrVersion(int opset) {
  constexpr struct {
    int opset;
    int64_t ir;
  } kSince[] = {{23, 11}, {21, 10}, {19, 9}, {15, 8}};
  for (const auto& row : kSince) {
    if (opset >= row.opset) return row.ir;
  }
  return 7;
}

Bytes FieldHead(uint32_t field, uint64_t length) {
  Bytes head;
  AppendFieldHead(field, length, &head);
  return head;
}

// The place of a weight in the data file.
struct Place {
  uint64_t offset;
  uint64_t length;
};

// A whole initialiser whose data lie in another file.
Bytes ExternalTensor(const OnnxInitializer& tensor, const Place& place,
                     const std::string& location) {
  Bytes bytes = OnnxTensorBegin(tensor);
  AppendOnnxReference({.location = location, .offset = place.offset, .length = place.length},
                      &bytes);
  return FieldHead(GraphProto::kInitializer, bytes.size()) + bytes;
}

// The bytes of an initialiser in front of its data. If the tensor begins at `position`, blank
// documentation of the right length makes the data begin at a multiple of kInlineAlignment.
Bytes InlineTensorHead(const OnnxInitializer& tensor, uint64_t position) {
  const Bytes begin = OnnxTensorBegin(tensor);
  const Bytes end = FieldHead(TensorProto::kRawData, tensor.bytes());
  for (uint64_t blanks = 0;; ++blanks) {
    Bytes padded = begin;
    if (tensor.bytes() >= kSmallTensorBytes) {
      AppendField(TensorProto::kDocString, Bytes(blanks, ' '), &padded);
    }
    padded += end;
    Bytes head = FieldHead(GraphProto::kInitializer, padded.size() + tensor.bytes()) + padded;
    const bool aligned = (position + head.size()) % kInlineAlignment == 0;
    if (aligned || tensor.bytes() < kSmallTensorBytes) return head;
  }
}

// Everything in front of the graph's content, which then begins at a multiple of kInlineAlignment.
Bytes ModelHead(int opset, uint64_t graph_bytes) {
  for (uint64_t blanks = 0;; ++blanks) {
    Bytes head;
    protozero::pbf_writer writer(head);
    writer.add_int64(ModelProto::kIrVersion, IrVersion(opset));
    writer.add_string(ModelProto::kProducerName, "vetor");
    writer.add_string(ModelProto::kProducerVersion, VETOR_VERSION);
    writer.add_string(ModelProto::kDocString, Bytes(blanks, ' '));
    head += FieldHead(ModelProto::kGraph, graph_bytes);
    if (head.size() % kInlineAlignment == 0) return head;
  }
}

Status WriteWeight(const OnnxInitializer& tensor, AtomicFile* file) {
  uint64_t written = 0;
  VETOR_RETURN_IF_ERROR(tensor.write([&](std::string_view bytes) {
    written += bytes.size();
    return file->Write(bytes);
  }));
  if (written == tensor.bytes()) return Status();
  return InternalError("weight " + tensor.name + ": " + std::to_string(written) +
                       " bytes made, expected " + std::to_string(tensor.bytes()));
}

class FileWriter {
 public:
  FileWriter(const OnnxModel& model, const std::filesystem::path& path) : model_(model) {
    data_path_ = path;
    data_path_ += "_data";
    places_.resize(model.initializers.size());
  }

  // Gives every larger weight its place in the data file, and writes that file.
  Status WriteData() {
    VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(data_path_));
    uint64_t end = 0;
    for (size_t i = 0; i < places_.size(); ++i) {
      const OnnxInitializer& tensor = model_.initializers[i];
      if (tensor.bytes() < kSmallTensorBytes) continue;
      const uint64_t offset = (end + kAlignment - 1) / kAlignment * kAlignment;
      VETOR_RETURN_IF_ERROR(file.Write(Bytes(offset - end, '\0')));
      VETOR_RETURN_IF_ERROR(WriteWeight(tensor, &file));
      end = offset + tensor.bytes();
      places_[i] = Place{offset, tensor.bytes()};
    }
    return file.Commit();
  }

  Status WriteModel(const std::filesystem::path& path) {
    VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
    const Bytes begin = GraphBegin();
    const Bytes end = GraphEnd();
    uint64_t graph_bytes = begin.size();
    std::vector<Bytes> heads;  // The bytes in front of each initialiser's data.
    for (size_t i = 0; i < places_.size(); ++i) {
      const OnnxInitializer& tensor = model_.initializers[i];
      heads.push_back(places_[i]
                          ? ExternalTensor(tensor, *places_[i], data_path_.filename().string())
                          : InlineTensorHead(tensor, graph_bytes));
      graph_bytes += heads.back().size() + (places_[i] ? 0 : tensor.bytes());
    }
    graph_bytes += end.size();
    VETOR_RETURN_IF_ERROR(file.Write(ModelHead(model_.opset, graph_bytes)));
    VETOR_RETURN_IF_ERROR(file.Write(begin));
    for (size_t i = 0; i < places_.size(); ++i) {
      VETOR_RETURN_IF_ERROR(file.Write(heads[i]));
      if (!places_[i]) VETOR_RETURN_IF_ERROR(WriteWeight(model_.initializers[i], &file));
    }
    VETOR_RETURN_IF_ERROR(file.Write(end));
    Bytes tail;
    AppendField(ModelProto::kOpsetImport, OnnxOpsetBytes("", model_.opset), &tail);
    for (const auto& [domain, version] : model_.other_domains) {
      AppendField(ModelProto::kOpsetImport, OnnxOpsetBytes(domain, version), &tail);
    }
    VETOR_RETURN_IF_ERROR(file.Write(tail));
    return file.Commit();
  }

 private:
  Bytes GraphBegin() const {
    Bytes bytes;
    for (const OnnxNode& node : model_.nodes) {
      AppendField(GraphProto::kNode, OnnxNodeBytes(node), &bytes);
    }
    AppendField(GraphProto::kName, model_.graph_name, &bytes);
    return bytes;
  }

  Bytes GraphEnd() const {
    Bytes bytes;
    for (const OnnxValueInfo& input : model_.inputs) {
      AppendField(GraphProto::kInput, OnnxValueBytes(input), &bytes);
    }
    for (const OnnxValueInfo& output : model_.outputs) {
      AppendField(GraphProto::kOutput, OnnxValueBytes(output), &bytes);
    }
    return bytes;
  }

  const OnnxModel& model_;
  std::filesystem::path data_path_;
  // The place of each initialiser's data; nullopt if they are in the model file.
  std::vector<std::optional<Place>> places_;
};

}  // namespace

Status WriteOnnxFile(const OnnxModel& model, const std::filesystem::path& path,
                     uint64_t max_file_bytes) {
  uint64_t weights = 0;
  for (const OnnxInitializer& tensor : model.initializers) weights += tensor.bytes();
  FileWriter writer(model, path);
  if (weights > max_file_bytes) VETOR_RETURN_IF_ERROR(writer.WriteData());
  return writer.WriteModel(path);
}

}  // namespace vetor
