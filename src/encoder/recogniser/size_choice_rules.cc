#include "encoder/recogniser/size_choice_rules.h"

#include <algorithm>

#include "base/status_macros.h"
#include "encoder/recogniser/shape.h"
#include "encoder/recogniser/size_rules.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/tensor_reader.h"

namespace vetor::recogniser {
namespace {

// The whole number that attribute "value" holds; nullopt for others. Without it, it is a float.
std::optional<int64_t> FilledValue(const OnnxNodeView& node) {
  std::optional<int64_t> found;
  for (const std::string_view bytes : node.attributes) {
    if (ReadOnnxAttribute(ProtoMessage(bytes)).tensor_twice) return std::nullopt;
    for (ProtoMessage attribute(bytes); attribute.Next();) {
      if (attribute.field() != onnx::AttributeProto::kTensor) continue;
      const OnnxTensorView tensor = ReadOnnxTensor(attribute.Message());
      const bool one = tensor.dims == std::vector<int64_t>{1} || tensor.dims.empty();
      const std::vector<double> numbers = OnnxNumbers(tensor, 2);
      if (!one || numbers.size() != 1 || tensor.element != OnnxElement::kInt64) return std::nullopt;
      found = static_cast<int64_t>(numbers[0]);
    }
  }
  return found && *found <= kLargestCount && *found >= -kLargestCount ? found : std::nullopt;
}

// Nullopt where it depends on rows or tokens. Sizes are never below one.
std::optional<bool> AreEqual(const Extent& a, const Extent& b) {
  if (a == b) return true;
  if (a.is_number() && b.is_number()) return false;
  const auto is_size = [](const Extent& e) { return !e.is_number() && e.count >= 1; };
  const auto is_none = [](const Extent& e) { return e.is_number() && e.count < 1; };
  if ((is_size(a) && is_none(b)) || (is_none(a) && is_size(b))) return false;
  return std::nullopt;
}

const Extent& At(const Symbol& symbol, size_t i) {
  return symbol.sizes[symbol.sizes.size() == 1 ? 0 : i];
}

bool Fits(const Symbol& symbol, size_t count) {
  return symbol.sizes.size() == count || symbol.sizes.size() == 1;
}

Symbol List(Kind kind, std::vector<Extent> sizes, bool scalar) {
  Symbol symbol{.kind = kind};
  if (!scalar) symbol.shape = {{static_cast<int64_t>(sizes.size())}};
  symbol.sizes = std::move(sizes);
  return symbol;
}

}  // namespace

Status ConstantOfShape(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"value"}));
  const std::optional<int64_t> value = FilledValue(call.node);
  if (!value || !call.is(0, Kind::kSizes) || call.in(0)->shape.size() != 1) {
    return Unfit("a known shape, and a whole number as its value");
  }
  const std::vector<Extent>& shape = call.in(0)->sizes;
  if (std::any_of(shape.begin(), shape.end(), [](const Extent& e) { return e.count < 1; })) {
    return Unfit("a shape with elements");
  }
  if (shape.size() == 1 && shape[0].is_number() &&
      shape[0].count <= static_cast<int64_t>(kMostSizes)) {
    const std::vector<Extent> sizes(static_cast<size_t>(shape[0].count), Extent{*value});
    return call.Give(List(Kind::kSizes, sizes, false));
  }
  Symbol index{.kind = Kind::kIndex, .shape = shape, .offset = *value};
  index.steps.assign(shape.size(), 0);
  return call.Give(std::move(index));
}

const Symbol* EqualSizes(NodeCall& call) {
  if (!call.is(0, Kind::kSizes) || !call.is(1, Kind::kSizes)) return nullptr;
  const Symbol& a = *call.in(0);
  const Symbol& b = *call.in(1);
  const size_t count = std::max(a.sizes.size(), b.sizes.size());
  if (!Fits(a, count) || !Fits(b, count)) return nullptr;
  std::vector<Extent> truths;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<bool> equal = AreEqual(At(a, i), At(b, i));
    if (!equal) return nullptr;
    truths.push_back({*equal ? 1 : 0});
  }
  return call.New(List(Kind::kTruths, std::move(truths), a.shape.empty() && b.shape.empty()));
}

const Symbol* ChooseSizes(NodeCall& call) {
  if (!call.is(0, Kind::kTruths) || !call.is(1, Kind::kSizes) || !call.is(2, Kind::kSizes)) {
    return nullptr;
  }
  size_t count = 0;
  bool scalar = true;
  for (const Symbol* input : call.inputs) {
    count = std::max(count, input->sizes.size());
    scalar = scalar && input->shape.empty();
  }
  std::vector<Extent> sizes;
  for (const Symbol* input : call.inputs) {
    if (!Fits(*input, count)) return nullptr;
  }
  for (size_t i = 0; i < count; ++i) {
    const bool first = At(*call.in(0), i).count == 1;
    sizes.push_back(At(*call.in(first ? 1 : 2), i));
  }
  return call.New(List(Kind::kSizes, std::move(sizes), scalar));
}

}  // namespace vetor::recogniser
