#include "encoder/recogniser/graph_constants.h"

#include <cstring>
#include <optional>
#include <span>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/recogniser/node_call.h"
#include "encoder/recogniser/shape.h"
#include "formats/onnx/schema.h"

namespace vetor::recogniser {
namespace {

// Shapes for Reshape, Slice and the like. Tables of positions are longer, and count up.
constexpr size_t kMostShapeSizes = 16;

Result<Shape> ShapeOf(const OnnxTensorView& tensor) {
  Shape shape;
  for (const int64_t dim : tensor.dims) {
    if (dim < 1 || dim > kLargestCount) {
      return Unfit("a constant with elements, tensor " + Quoted(tensor.name) + " has none");
    }
    shape.push_back({dim});
  }
  return shape;
}

template <typename T>
int64_t Element(std::string_view bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return static_cast<int64_t>(value);
}

// offset, offset + 1, ... along the last axis, the only one of more than one place.
std::optional<Symbol> CountingTable(const Shape& shape, const std::vector<int64_t>& values) {
  for (size_t axis = 0; axis + 1 < shape.size(); ++axis) {
    if (!shape[axis].is_one()) return std::nullopt;
  }
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] - 1 != values[i - 1]) return std::nullopt;
  }
  Symbol index{.kind = Kind::kIndex, .shape = shape};
  index.offset = values[0];
  index.steps.assign(shape.size(), 0);
  index.steps.back() = 1;
  return index;
}

// The same number everywhere.
std::optional<Symbol> ConstantTable(const Shape& shape, const std::vector<int64_t>& values) {
  for (const int64_t value : values) {
    if (value != values[0]) return std::nullopt;
  }
  Symbol index{.kind = Kind::kIndex, .shape = shape};
  index.offset = values[0];
  index.steps.assign(shape.size(), 0);
  return index;
}

}  // namespace

std::optional<WeightType> WeightTypeOf(OnnxElement element) {
  switch (element) {
    case OnnxElement::kFloat:
      return WeightType::kFloat32;
    case OnnxElement::kFloat16:
      return WeightType::kFloat16;
    case OnnxElement::kBfloat16:
      return WeightType::kBFloat16;
    case OnnxElement::kDouble:
      return WeightType::kFloat64;
    default:
      return std::nullopt;
  }
}

GraphConstants::GraphConstants(const OnnxGraphView& view, const ExternalFiles& external)
    : external_(external) {
  for (const OnnxGraphTensor& part : view.tensors()) {
    if (part.role == OnnxGraphTensor::kOther) continue;
    if (!tensors_.emplace(part.value, &part).second) twice_ = part.value;
  }
}

Result<std::string_view> GraphConstants::BytesOf(const OnnxGraphTensor& part) const {
  const OnnxTensorView& tensor = part.tensor;
  const uint64_t bytes = part.size.elements * OnnxElementBytes(tensor.element);
  std::string_view found = tensor.raw;
  if (tensor.external) {
    const std::optional<OnnxPlace> place = OnnxPlaceOf(tensor);
    const auto file = external_.find(tensor.location);
    const bool there = place && file != external_.end() && place->offset <= file->second.size();
    found = there ? file->second.substr(place->offset).substr(0, bytes) : std::string_view();
  } else if (!tensor.has_raw && tensor.element == OnnxElement::kFloat) {
    for (ProtoMessage message = tensor.message; message.Next();) {
      if (message.field() == onnx::TensorProto::kFloatData) found = message.Bytes();
    }
  }
  if (found.size() == bytes && bytes > 0) return found;
  return Unfit(std::to_string(bytes) + " bytes of tensor " + Quoted(tensor.name) + ", found " +
               std::to_string(found.size()) + ",");
}

Result<Symbol> GraphConstants::ReadFloats(const OnnxGraphTensor& part) const {
  VETOR_ASSIGN_OR_RETURN(const std::string_view bytes, BytesOf(part));
  VETOR_ASSIGN_OR_RETURN(Shape shape, ShapeOf(part.tensor));
  Symbol symbol{.kind = Kind::kTensor, .shape = std::move(shape)};
  symbol.tensor.name = std::string(part.value);
  symbol.tensor.type = *WeightTypeOf(part.tensor.element);
  symbol.tensor.bytes = bytes;
  for (const Extent& extent : symbol.shape) {
    symbol.tensor.shape.push_back(static_cast<uint64_t>(extent.count));
  }
  if (part.size.elements > 1) {
    symbol.type = symbol.tensor.type;
    return symbol;
  }
  if (symbol.tensor.type == WeightType::kFloat64) {
    std::memcpy(&symbol.number, bytes.data(), sizeof symbol.number);
  } else {
    float value = 0;
    vetor::ToFloats(symbol.tensor, 0, {&value, 1});
    symbol.number = value;
  }
  symbol.kind = Kind::kNumber;
  return symbol;
}

Result<Symbol> GraphConstants::ReadIntegers(const OnnxGraphTensor& part) const {
  const OnnxTensorView& tensor = part.tensor;
  constexpr uint64_t kMostElements = uint64_t{1} << 20;
  if (part.size.elements > kMostElements) return Unfit("a smaller table of whole numbers");
  VETOR_ASSIGN_OR_RETURN(Shape shape, ShapeOf(tensor));
  std::vector<int64_t> values;
  if (tensor.has_raw || tensor.external) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view bytes, BytesOf(part));
    for (size_t i = 0; i < part.size.elements; ++i) {
      values.push_back(tensor.element == OnnxElement::kInt64   ? Element<int64_t>(bytes, i)
                       : tensor.element == OnnxElement::kInt32 ? Element<int32_t>(bytes, i)
                                                               : Element<uint8_t>(bytes, i));
    }
  } else if (tensor.element == OnnxElement::kInt64) {
    for (ProtoMessage message = tensor.message; message.Next();) {
      if (message.field() != onnx::TensorProto::kInt64Data) continue;
      message.Ints([&](int64_t value) {
        if (values.size() <= part.size.elements) values.push_back(value);
      });
    }
  }
  if (values.size() != part.size.elements || values.empty()) {
    return Unfit("all numbers of tensor " + Quoted(tensor.name));
  }
  if (tensor.element == OnnxElement::kBool) {
    if (values.size() != 1) return Unfit("no table of truth values");
    Symbol choice{.kind = Kind::kChoice, .shape = std::move(shape)};
    choice.mask.yes = choice.mask.no = values[0] == 0 ? 0 : 1;
    choice.mask.truth = true;
    return choice;
  }
  if (shape.size() <= 1 && values.size() <= kMostShapeSizes) {
    Symbol sizes{.kind = Kind::kSizes, .shape = std::move(shape)};
    for (const int64_t value : values) sizes.sizes.push_back({value});
    return sizes;
  }
  if (std::optional<Symbol> index = ConstantTable(shape, values)) return *std::move(index);
  if (std::optional<Symbol> index = CountingTable(shape, values)) return *std::move(index);
  return Unfit("a table of whole numbers that count up, tensor " + Quoted(tensor.name) +
               " does not");
}

Result<Symbol> GraphConstants::Read(std::string_view value) const {
  const auto found = tensors_.find(value);
  if (found == tensors_.end()) return Unfit("a constant called " + Quoted(value));
  const OnnxGraphTensor& part = *found->second;
  if (WeightTypeOf(part.tensor.element)) return ReadFloats(part);
  switch (part.tensor.element) {
    case OnnxElement::kInt64:
    case OnnxElement::kInt32:
    case OnnxElement::kBool:
      return ReadIntegers(part);
    default:
      return Unfit("weights in float32, float16 or bfloat16, tensor " + Quoted(part.tensor.name) +
                   " is of " + OnnxElementName(part.tensor.element));
  }
}

}  // namespace vetor::recogniser
