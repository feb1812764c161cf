#include "formats/onnx/tensor_reader.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/onnx/schema.h"

namespace vetor {
namespace {

using onnx::StringStringEntryProto;
using onnx::TensorProto;

// Returns false for a negative dimension or an overflow.
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

void ReadExternalEntry(ProtoMessage entry, OnnxTensorView* tensor) {
  std::string_view key;
  std::string_view value;
  while (entry.Next()) {
    if (entry.field() == StringStringEntryProto::kKey) key = entry.Bytes();
    if (entry.field() == StringStringEntryProto::kValue) value = entry.Bytes();
  }
  if (key == "location") tensor->location = value;
  if (key == "offset") tensor->offset_text = value;
  if (key == "length") tensor->length_text = value;
}

// Accepts only decimal digits, as onnx writes offset and length.
bool ParseCount(std::string_view text, uint64_t* count) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *count);
  return error == std::errc() && end == text.data() + text.size();
}

Result<uint64_t> ExternalEnd(const OnnxTensorView& tensor, uint64_t expected) {
  const std::optional<OnnxPlace> place = OnnxPlaceOf(tensor);
  const uint64_t length = place ? place->length.value_or(expected) : 0;
  if (!place || place->offset > std::numeric_limits<uint64_t>::max() - length) {
    return DataLossError("tensor " + Quoted(tensor.name) + " has external data at offset " +
                         Quoted(tensor.offset_text) + ", length " + Quoted(tensor.length_text) +
                         ", expected two numbers");
  }
  if (length == expected) return place->offset + length;
  return DataLossError("tensor " + Quoted(tensor.name) + " has " + std::to_string(length) +
                       " bytes of external data, expected " + std::to_string(expected) +
                       " for its shape");
}

template <typename T>
void Append(std::string_view bytes, size_t most, std::vector<double>* values) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size() && values->size() < most; at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    values->push_back(static_cast<double>(value));
  }
}

}  // namespace

OnnxTensorView ReadOnnxTensor(ProtoMessage message) {
  OnnxTensorView tensor{.message = message};
  while (message.Next()) {
    switch (message.field()) {
      case TensorProto::kDims:
        message.Ints([&](int64_t dim) {
          if (tensor.dims.size() <= kMostOnnxDims) tensor.dims.push_back(dim);
        });
        break;
      case TensorProto::kDataType:
        tensor.element = static_cast<OnnxElement>(message.Int());
        break;
      case TensorProto::kName:
        tensor.name = message.Bytes();
        break;
      case TensorProto::kRawData:
        tensor.has_raw = true;
        tensor.raw = message.Bytes();
        break;
      case TensorProto::kExternalData:
        tensor.has_reference = true;
        ReadExternalEntry(message.Message(), &tensor);
        break;
      case TensorProto::kDataLocation:
        tensor.has_reference = true;
        // protobuf cuts a number of more than 32 bits, and so does the runtime.
        tensor.external = static_cast<int32_t>(message.Int()) == TensorProto::kExternal;
        break;
      default:
        break;
    }
  }
  return tensor;
}

std::optional<OnnxPlace> OnnxPlaceOf(const OnnxTensorView& tensor) {
  OnnxPlace place;
  if (!tensor.offset_text.empty() && !ParseCount(tensor.offset_text, &place.offset)) {
    return std::nullopt;
  }
  if (!tensor.length_text.empty() && !ParseCount(tensor.length_text, &place.length.emplace())) {
    return std::nullopt;
  }
  return place;
}

Result<OnnxTensorSize> MeasureOnnxTensor(const OnnxTensorView& tensor) {
  OnnxTensorSize size;
  if (tensor.dims.size() > kMostOnnxDims || !Multiply(tensor.dims, &size.elements)) {
    return DataLossError("tensor " + Quoted(tensor.name) + " has an impossible shape");
  }
  const bool known = IsKnown(tensor.element);
  const uint64_t bits = OnnxElementBits(tensor.element);
  // The runtime would take the bytes of strings for the strings themselves, with pointers to their
  // text.
  if ((tensor.external || tensor.has_raw) && known && bits == 0) {
    return DataLossError("tensor " + Quoted(tensor.name) + " is of type " +
                         OnnxElementName(tensor.element) + " and has raw bytes, expected numbers");
  }
  if (tensor.external && !known) {
    return UnimplementedError("tensor " + Quoted(tensor.name) + " is of " +
                              OnnxElementName(tensor.element) +
                              " and lies in another file; this version does not know its size");
  }
  if (bits == 0) return size;
  const uint64_t expected = (size.elements * bits + 7) / 8;
  if (tensor.external) {
    VETOR_ASSIGN_OR_RETURN(size.external_end, ExternalEnd(tensor, expected));
  } else if (tensor.has_raw && tensor.raw.size() != expected) {
    return DataLossError("tensor " + Quoted(tensor.name) + " has " +
                         std::to_string(tensor.raw.size()) + " bytes of data, expected " +
                         std::to_string(expected) + " for its shape");
  }
  return size;
}

std::vector<double> OnnxNumbers(const OnnxTensorView& tensor, size_t most) {
  std::vector<double> values;
  const bool is_float = tensor.element == OnnxElement::kFloat;
  const bool is_int64 = tensor.element == OnnxElement::kInt64;
  if (!is_float && !is_int64) return values;
  std::string_view floats;
  for (ProtoMessage message = tensor.message; message.Next();) {
    if (is_float && message.field() == TensorProto::kFloatData) floats = message.Bytes();
    if (is_int64 && message.field() == TensorProto::kInt64Data) {
      message.Ints([&](int64_t value) {
        if (values.size() < most) values.push_back(static_cast<double>(value));
      });
    }
  }
  if (is_float) Append<float>(tensor.raw.empty() ? floats : tensor.raw, most, &values);
  if (is_int64) Append<int64_t>(tensor.raw, most, &values);
  return values;
}

std::string OnnxTensorWithoutData(const OnnxTensorView& tensor) {
  std::string others;
  for (ProtoMessage message = tensor.message; message.Next();) {
    switch (message.field()) {
      case TensorProto::kRawData:
      case TensorProto::kExternalData:
      case TensorProto::kDataLocation:
        break;
      default:
        others += message.Raw();
    }
  }
  return others;
}

}  // namespace vetor
