#include "exporter/graph/onnx_file.h"

#include <algorithm>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr uint64_t kAlignment = 4096;
constexpr uint64_t kSmallTensorBytes = 1024;  // Stay in the graph, where shape inference sees them.
// Of the weights inside the model file: a cache line, which no kernel's alignment exceeds.
constexpr uint64_t kInlineAlignment = 64;

using Bytes = std::string;

// IR versions that came with the operator sets (table in ONNX's Versioning.md): an older runtime
// refuses a newer IR version even where it knows every operator.
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

// AttributeProto: name = 1, f = 2, i = 3, ints = 8, type = 20 (FLOAT 1, INT 2, INTS 7).
Bytes AttributeBytes(const OnnxAttribute& attribute) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, attribute.name);
  if (const auto* number = std::get_if<float>(&attribute.value)) {
    writer.add_float(2, *number);
    writer.add_enum(20, 1);
  } else if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    writer.add_int64(3, *integer);
    writer.add_enum(20, 2);
  } else {
    for (const int64_t item : std::get<std::vector<int64_t>>(attribute.value)) {
      writer.add_int64(8, item);
    }
    writer.add_enum(20, 7);
  }
  return bytes;
}

// NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5, domain = 7.
Bytes NodeBytes(const OnnxNode& node) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const std::string& input : node.inputs) writer.add_string(1, input);
  for (const std::string& output : node.outputs) writer.add_string(2, output);
  writer.add_string(3, node.name);
  writer.add_string(4, node.op_type);
  for (const OnnxAttribute& attribute : node.attributes) {
    writer.add_message(5, AttributeBytes(attribute));
  }
  if (!node.domain.empty()) writer.add_string(7, node.domain);
  return bytes;
}

// ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; Tensor: elem_type = 1, shape = 2;
// TensorShapeProto: dim = 1; Dimension: dim_value = 1, dim_param = 2.
Bytes ValueInfoBytes(const OnnxValueInfo& value) {
  Bytes shape;
  for (const OnnxDim& dim : value.dims) {
    Bytes bytes;
    protozero::pbf_writer writer(bytes);
    if (const auto* size = std::get_if<int64_t>(&dim)) {
      writer.add_int64(1, *size);
    } else {
      writer.add_string(2, std::get<std::string>(dim));
    }
    protozero::pbf_writer(shape).add_message(1, bytes);
  }
  Bytes tensor;
  protozero::pbf_writer tensor_writer(tensor);
  tensor_writer.add_enum(1, static_cast<int32_t>(value.element));
  tensor_writer.add_message(2, shape);
  Bytes type;
  protozero::pbf_writer(type).add_message(1, tensor);
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, value.name);
  writer.add_message(2, type);
  return bytes;
}

// OperatorSetIdProto: domain = 1, version = 2.
Bytes OpsetBytes(const std::string& domain, int version) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, domain);
  writer.add_int64(2, version);
  return bytes;
}

// StringStringEntryProto: key = 1, value = 2.
Bytes EntryBytes(const std::string& key, const std::string& value) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, key);
  writer.add_string(2, value);
  return bytes;
}

// The tag and length in front of a message or bytes field whose content follows.
Bytes FieldHead(uint32_t field, uint64_t length) {
  Bytes head;
  protozero::add_varint_to_buffer(&head, (static_cast<uint64_t>(field) << 3U) | 2U);
  protozero::add_varint_to_buffer(&head, length);
  return head;
}

// Where a weight lies in the data file.
struct Place {
  uint64_t offset;
  uint64_t length;
};

// TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9, doc_string = 12,
// external_data = 13, data_location = 14 (EXTERNAL 1).
Bytes TensorBegin(const OnnxInitializer& tensor) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const int64_t dim : tensor.dims) writer.add_int64(1, dim);
  writer.add_enum(2, static_cast<int32_t>(tensor.element));
  writer.add_string(8, tensor.name);
  return bytes;
}

// A whole initialiser (GraphProto.initializer = 5) whose data lie elsewhere.
Bytes ExternalTensor(const OnnxInitializer& tensor, const Place& place,
                     const std::string& location) {
  Bytes bytes = TensorBegin(tensor);
  protozero::pbf_writer writer(bytes);
  writer.add_message(13, EntryBytes("location", location));
  writer.add_message(13, EntryBytes("offset", std::to_string(place.offset)));
  writer.add_message(13, EntryBytes("length", std::to_string(place.length)));
  writer.add_enum(14, 1);
  return FieldHead(5, bytes.size()) + bytes;
}

// Everything of an initialiser in front of its data, which begin at a multiple of kInlineAlignment
// when the tensor begins at `position`. Blank documentation of the right length does that.
Bytes InlineTensorHead(const OnnxInitializer& tensor, uint64_t position) {
  const Bytes begin = TensorBegin(tensor);
  const Bytes end = FieldHead(9, tensor.bytes());
  for (uint64_t blanks = 0;; ++blanks) {
    Bytes padded = begin;
    if (tensor.bytes() >= kSmallTensorBytes) {
      protozero::pbf_writer(padded).add_string(12, Bytes(blanks, ' '));
    }
    padded += end;
    Bytes head = FieldHead(5, padded.size() + tensor.bytes()) + padded;
    const bool aligned = (position + head.size()) % kInlineAlignment == 0;
    if (aligned || tensor.bytes() < kSmallTensorBytes) return head;
  }
}

// ModelProto: ir_version = 1, producer_name = 2, producer_version = 3, doc_string = 6, graph = 7:
// everything in front of the graph's content, which begins at a multiple of kInlineAlignment.
Bytes ModelHead(int opset, uint64_t graph_bytes) {
  for (uint64_t blanks = 0;; ++blanks) {
    Bytes head;
    protozero::pbf_writer writer(head);
    writer.add_int64(1, IrVersion(opset));
    writer.add_string(2, "vetor");
    writer.add_string(3, VETOR_VERSION);
    writer.add_string(6, Bytes(blanks, ' '));
    head += FieldHead(7, graph_bytes);
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

// GraphProto: node = 1, name = 2, initializer = 5, input = 11, output = 12.
// ModelProto: opset_import = 8.
class FileWriter {
 public:
  FileWriter(const OnnxModel& model, const std::filesystem::path& path) : model_(model) {
    data_path_ = path;
    data_path_ += "_data";
    places_.resize(model.initializers.size());
  }

  // Gives every larger weight its place in the data file, and writes that.
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
    std::vector<Bytes> heads;  // Of the initialisers.
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
    protozero::pbf_writer tail_writer(tail);
    tail_writer.add_message(8, OpsetBytes("", model_.opset));
    for (const auto& [domain, version] : model_.other_domains) {
      tail_writer.add_message(8, OpsetBytes(domain, version));
    }
    VETOR_RETURN_IF_ERROR(file.Write(tail));
    return file.Commit();
  }

 private:
  Bytes GraphBegin() const {
    Bytes bytes;
    protozero::pbf_writer writer(bytes);
    for (const OnnxNode& node : model_.nodes) writer.add_message(1, NodeBytes(node));
    writer.add_string(2, model_.graph_name);
    return bytes;
  }

  Bytes GraphEnd() const {
    Bytes bytes;
    protozero::pbf_writer writer(bytes);
    for (const OnnxValueInfo& input : model_.inputs) writer.add_message(11, ValueInfoBytes(input));
    for (const OnnxValueInfo& out : model_.outputs) writer.add_message(12, ValueInfoBytes(out));
    return bytes;
  }

  const OnnxModel& model_;
  std::filesystem::path data_path_;
  std::vector<std::optional<Place>> places_;  // Of each initialiser; nullopt: in the model file.
};

}  // namespace

uint64_t OnnxElementBytes(OnnxElement element) {
  switch (element) {
    case OnnxElement::kInt64:
      return 8;
    case OnnxElement::kFloat:
    case OnnxElement::kInt32:
      return 4;
    case OnnxElement::kFloat16:
      return 2;
    case OnnxElement::kUint8:
    case OnnxElement::kInt8:
    case OnnxElement::kBool:
      break;
  }
  return 1;
}

uint64_t OnnxInitializer::bytes() const {
  uint64_t bytes = OnnxElementBytes(element);
  for (const int64_t dim : dims) bytes *= static_cast<uint64_t>(dim);
  return bytes;
}

Status WriteOnnxFile(const OnnxModel& model, const std::filesystem::path& path,
                     uint64_t max_file_bytes) {
  uint64_t weights = 0;
  for (const OnnxInitializer& tensor : model.initializers) weights += tensor.bytes();
  FileWriter writer(model, path);
  if (weights > max_file_bytes) VETOR_RETURN_IF_ERROR(writer.WriteData());
  return writer.WriteModel(path);
}

}  // namespace vetor
