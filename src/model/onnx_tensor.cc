#include "model/onnx_tensor.h"

#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "base/model_file.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

struct TypeFacts {
  const char* name;
  const char* precision;
  int bits;  // 0: no fixed size (strings).
};

// Index is TensorProto.DataType of onnx.proto3.
constexpr std::array<TypeFacts, 27> kTypes = {{
    {"undefined", "undefined", 0},
    {"float", "fp32", 32},
    {"uint8", "int8", 8},
    {"int8", "int8", 8},
    {"uint16", "int16", 16},
    {"int16", "int16", 16},
    {"int32", "int32", 32},
    {"int64", "int64", 64},
    {"string", "string", 0},
    {"bool", "bool", 8},
    {"float16", "fp16", 16},
    {"double", "fp64", 64},
    {"uint32", "int32", 32},
    {"uint64", "int64", 64},
    {"complex64", "complex64", 64},
    {"complex128", "complex128", 128},
    {"bfloat16", "bf16", 16},
    {"float8e4m3fn", "fp8", 8},
    {"float8e4m3fnuz", "fp8", 8},
    {"float8e5m2", "fp8", 8},
    {"float8e5m2fnuz", "fp8", 8},
    {"uint4", "int4", 4},
    {"int4", "int4", 4},
    {"float4e2m1", "fp4", 4},
    {"float8e8m0", "fp8", 8},
    {"uint2", "int2", 2},
    {"int2", "int2", 2},
}};

const TypeFacts* FindType(OnnxType type) {
  return type >= 0 && static_cast<size_t>(type) < kTypes.size() ? &kTypes[static_cast<size_t>(type)]
                                                                : nullptr;
}

// False on a negative dimension or overflow.
bool Multiply(const std::vector<int64_t>& dims, uint64_t* product) {
  *product = 1;
  for (const int64_t dim : dims) {
    if (dim < 0) return false;
    const auto factor = static_cast<uint64_t>(dim);
    if (factor != 0 && *product > std::numeric_limits<uint64_t>::max() / 128 / factor) return false;
    *product *= factor;
  }
  return true;
}

uint64_t DataBytes(const TypeFacts& type, uint64_t elements) {
  return (elements * static_cast<uint64_t>(type.bits) + 7) / 8;
}

// Decimal digits only, as onnx writes offset and length.
bool ParseCount(std::string_view text, uint64_t* count) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *count);
  return error == std::errc() && end == text.data() + text.size();
}

struct ExternalEntries {
  std::string_view location;
  std::string_view offset;
  std::string_view length;
};

// StringStringEntryProto: key = 1, value = 2.
void ReadExternalEntry(ProtoMessage entry, ExternalEntries* entries) {
  std::string_view key;
  std::string_view value;
  while (entry.Next()) {
    if (entry.field() == 1) key = entry.Bytes();
    if (entry.field() == 2) value = entry.Bytes();
  }
  if (key == "location") entries->location = value;
  if (key == "offset") entries->offset = value;
  if (key == "length") entries->length = value;
}

Status CheckExternal(const ExternalEntries& entries, uint64_t expected, OnnxTensor* tensor) {
  tensor->location = std::string(entries.location);
  uint64_t offset = 0;
  uint64_t length = expected;
  if ((!entries.offset.empty() && !ParseCount(entries.offset, &offset)) ||
      (!entries.length.empty() && !ParseCount(entries.length, &length)) ||
      offset > std::numeric_limits<uint64_t>::max() - length) {
    return DataLossError("tensor " + Quoted(tensor->name) + " has external data at offset " +
                         Quoted(entries.offset) + ", length " + Quoted(entries.length) +
                         ", expected two numbers");
  }
  tensor->external_end = offset + length;
  if (length == expected) return Status();
  return DataLossError("tensor " + Quoted(tensor->name) + " has " + std::to_string(length) +
                       " bytes of external data, expected " + std::to_string(expected) +
                       " for its shape");
}

}  // namespace

std::string OnnxTypeName(OnnxType type) {
  const TypeFacts* facts = FindType(type);
  return facts != nullptr ? facts->name : "type " + std::to_string(type);
}

const char* OnnxPrecisionName(OnnxType type) {
  const TypeFacts* facts = FindType(type);
  return facts != nullptr ? facts->precision : "unknown";
}

// TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9, external_data = 13,
// data_location = 14 (1: external).
Result<OnnxTensor> ReadOnnxTensor(ProtoMessage message) {
  OnnxTensor tensor;
  ExternalEntries entries;
  bool has_raw = false;
  uint64_t raw_bytes = 0;
  while (message.Next()) {
    switch (message.field()) {
      case 1:
        message.Ints([&](int64_t dim) { tensor.dims.push_back(dim); });
        break;
      case 2:
        tensor.type = static_cast<OnnxType>(message.Int());
        break;
      case 8:
        tensor.name = std::string(message.Bytes());
        break;
      case 9:
        has_raw = true;
        raw_bytes = message.Bytes().size();
        break;
      case 13:
        ReadExternalEntry(message.Message(), &entries);
        break;
      case 14:
        // A number of more than 32 bits is cut by protobuf, and so by the runtime.
        tensor.external = static_cast<int32_t>(message.Int()) == 1;
        break;
      default:
        break;
    }
  }
  if (!Multiply(tensor.dims, &tensor.elements)) {
    return DataLossError("tensor " + Quoted(tensor.name) + " has an impossible shape");
  }
  const TypeFacts* type = FindType(tensor.type);
  const bool has_bytes = tensor.external || has_raw;
  // The bytes of strings would be taken for the strings themselves, with pointers to their text.
  if (has_bytes && type != nullptr && type->bits == 0) {
    return DataLossError("tensor " + Quoted(tensor.name) + " is of type " + type->name +
                         " and has raw bytes, expected numbers");
  }
  if (tensor.external && type == nullptr) {
    return UnimplementedError("tensor " + Quoted(tensor.name) + " is of " +
                              OnnxTypeName(tensor.type) +
                              " and lies in another file; this version does not know its size");
  }
  if (type == nullptr || type->bits == 0) return tensor;
  const uint64_t expected = DataBytes(*type, tensor.elements);
  if (tensor.external) {
    VETOR_RETURN_IF_ERROR(CheckExternal(entries, expected, &tensor));
  } else if (has_raw && raw_bytes != expected) {
    return DataLossError("tensor " + Quoted(tensor.name) + " has " + std::to_string(raw_bytes) +
                         " bytes of data, expected " + std::to_string(expected) + " for its shape");
  }
  return tensor;
}

}  // namespace vetor
