#include "encoder/recogniser/gathered_mask_rules.h"

#include <algorithm>

#include "base/status_macros.h"

namespace vetor::recogniser {
namespace {

// The one axis along which the places 0, 1, ... of an axis of this size lie.
std::optional<size_t> AxisOfPlaces(const Symbol& index, const Extent& size) {
  std::optional<size_t> found;
  for (size_t axis = 0; axis < index.steps.size(); ++axis) {
    if (index.steps[axis] == 0) continue;
    if (found || index.steps[axis] != 1 || !(index.shape[axis] == size)) return std::nullopt;
    found = axis;
  }
  return index.offset == 0 ? found : std::nullopt;
}

bool IsConstant(const Symbol& index) {
  const auto zero = [](int64_t step) { return step == 0; };
  return index.kind == Kind::kIndex && std::all_of(index.steps.begin(), index.steps.end(), zero);
}

}  // namespace

const Symbol* JoinCoordinates(NodeCall& call) {
  const bool two = call.inputs.size() == 2 && call.is(0, Kind::kIndex) && call.is(1, Kind::kIndex);
  if (!two || call.in(0)->shape != call.in(1)->shape || call.in(0)->shape.empty()) return nullptr;
  const Shape& shape = call.in(0)->shape;
  const auto axis = call.Int("axis");
  const bool last = axis && NodeCall::Axis(*axis, shape.size()) == shape.size() - 1;
  if (!last || !shape.back().is_one()) return nullptr;
  Symbol both{.kind = Kind::kCoordinates, .shape = shape, .of = call.in(0), .other = call.in(1)};
  both.shape.back() = Extent{2};
  return call.New(std::move(both));
}

Status GatherNd(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"batch_dims"}));
  const bool known = call.is(0, Kind::kChoice) && call.is(1, Kind::kCoordinates) &&
                     call.Int("batch_dims").value_or(0) == 0;
  if (!known || call.in(0)->shape != Shape{kBatchExtent, kTokensExtent}) {
    return Unfit("attention_mask at coordinates of rows and tokens");
  }
  const Symbol& places = *call.in(1);
  const auto rows = AxisOfPlaces(*places.of, kBatchExtent);
  const auto tokens = AxisOfPlaces(*places.other, kTokensExtent);
  const Mask& mask = call.in(0)->mask;
  const bool whole = mask.batch_axis == 0 && mask.key_axis == 1 && mask.query_axis < 0;
  if (!rows || !tokens || !whole) return Unfit("all rows and all tokens of attention_mask");
  Symbol gathered = *call.in(0);
  gathered.shape.assign(places.shape.begin(), places.shape.end() - 1);
  gathered.mask.batch_axis = static_cast<int>(*rows);
  gathered.mask.key_axis = static_cast<int>(*tokens);
  return call.Give(std::move(gathered));
}

// A table of one number, read wherever.
Status GatherElements(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis"}));
  if (call.in(0) == nullptr || call.in(1) == nullptr || !IsConstant(*call.in(0))) {
    return Unfit("a table that holds one number everywhere");
  }
  Symbol index{.kind = Kind::kIndex, .shape = call.in(1)->shape, .offset = call.in(0)->offset};
  index.steps.assign(index.shape.size(), 0);
  return call.Give(std::move(index));
}

Status IsNan(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (!call.is(0, Kind::kShares)) return Unfit("the shares of attention");
  return call.Give({.kind = Kind::kNoNumber, .shape = call.in(0)->shape, .of = call.in(0)});
}

const Symbol* ChooseShares(NodeCall& call) {
  const bool shares = call.is(0, Kind::kNoNumber) && call.is(2, Kind::kShares) &&
                      call.in(0)->of == call.in(2) && NumberOf(call.in(1)) == 0 &&
                      FitsInto(call.in(1)->shape, call.in(2)->shape);
  return shares ? call.in(2) : nullptr;
}

Status Max(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.inputs.size() != 2 || !call.is(0, Kind::kIndex) || !call.is(1, Kind::kIndex)) {
    return Unfit("places");
  }
  const std::optional<Shape> shape = Broadcast(call.in(0)->shape, call.in(1)->shape);
  if (!shape) return Unfit("places of one shape");
  return call.Give({.kind = Kind::kShaped, .shape = *shape});
}

std::optional<Symbol> AlwaysBelow(const Symbol& a, const Symbol& b, bool equal_too) {
  const bool number = a.kind == Kind::kSizes && a.sizes.size() == 1 && a.sizes[0].is_number() &&
                      a.shape.size() <= 1;
  const auto rises = [](int64_t step) { return step >= 0; };
  if (!number || b.kind != Kind::kIndex || b.shape.empty() ||
      !std::all_of(b.steps.begin(), b.steps.end(), rises)) {
    return std::nullopt;
  }
  const int64_t least = b.offset - (equal_too ? 0 : 1);
  if (a.sizes[0].count > least) return std::nullopt;
  Symbol always{.kind = Kind::kChoice, .shape = b.shape};
  always.mask.no = 1;
  always.mask.truth = true;
  return always;
}

}  // namespace vetor::recogniser
