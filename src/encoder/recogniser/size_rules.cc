#include "encoder/recogniser/size_rules.h"

#include <algorithm>

#include "base/status_macros.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/gathered_mask_rules.h"
#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/rotary_rules.h"
#include "encoder/recogniser/rotated_half_rules.h"
#include "encoder/recogniser/stacked_head_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

Symbol Sizes(std::vector<Extent> sizes, bool scalar) {
  Symbol symbol{.kind = Kind::kSizes};
  if (!scalar) symbol.shape = {{static_cast<int64_t>(sizes.size())}};
  symbol.sizes = std::move(sizes);
  return symbol;
}

bool IsScalar(const Symbol& symbol) { return symbol.shape.empty(); }

// Element by element; one number goes with all.
template <typename Combine>
const Symbol* Combined(NodeCall& call, const Symbol& a, const Symbol& b, const Combine& combine) {
  if (a.kind != Kind::kSizes || b.kind != Kind::kSizes) return nullptr;
  const size_t count = std::max(a.sizes.size(), b.sizes.size());
  if ((a.sizes.size() != count && a.sizes.size() != 1) ||
      (b.sizes.size() != count && b.sizes.size() != 1)) {
    return nullptr;
  }
  std::vector<Extent> sizes;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<Extent> size =
        combine(a.sizes[a.sizes.size() == 1 ? 0 : i], b.sizes[b.sizes.size() == 1 ? 0 : i]);
    if (!size) return nullptr;
    sizes.push_back(*size);
  }
  return call.New(Sizes(std::move(sizes), IsScalar(a) && IsScalar(b)));
}

std::optional<Extent> Sum(const Extent& a, const Extent& b, int64_t sign) {
  if (b == Extent{0}) return a;
  Extent sum = a;
  if (a.batch != b.batch || a.tokens != b.tokens ||
      __builtin_add_overflow(a.count, sign * b.count, &sum.count)) {
    return std::nullopt;
  }
  return Product(sum, Extent());  // Bounded.
}

// The meaning of `x` with axes of size one at `axes`, of the result; nullopt where it has none.
std::optional<Symbol> WithAxes(const Symbol& x, const std::vector<size_t>& axes) {
  if (x.kind != Kind::kIndex && x.kind != Kind::kChoice && x.kind != Kind::kDistanceBias &&
      x.kind != Kind::kWave) {
    return std::nullopt;
  }
  Symbol symbol = x;
  for (const size_t axis : axes) {
    const auto at = static_cast<std::ptrdiff_t>(axis);
    symbol.shape.insert(symbol.shape.begin() + at, Extent());
    if (x.kind == Kind::kIndex) symbol.steps.insert(symbol.steps.begin() + at, 0);
    if (x.kind == Kind::kDistanceBias) symbol.order.insert(axis, "1");
    for (int* own : {&symbol.mask.key_axis, &symbol.mask.query_axis, &symbol.mask.batch_axis}) {
      if (*own >= static_cast<int>(axis)) ++*own;
    }
  }
  return symbol;
}

std::optional<Symbol> WithoutAxes(const Symbol& x, const std::vector<size_t>& axes) {
  if (x.kind != Kind::kIndex && x.kind != Kind::kChoice) return std::nullopt;
  Symbol symbol = x;
  for (size_t i = axes.size(); i-- > 0;) {  // From the back: the others keep their places.
    const size_t axis = axes[i];
    const auto at = static_cast<std::ptrdiff_t>(axis);
    if (!symbol.shape[axis].is_one()) return std::nullopt;
    symbol.shape.erase(symbol.shape.begin() + at);
    if (x.kind == Kind::kIndex) symbol.steps.erase(symbol.steps.begin() + at);
    for (int* own : {&symbol.mask.key_axis, &symbol.mask.query_axis, &symbol.mask.batch_axis}) {
      if (*own == static_cast<int>(axis)) return std::nullopt;
      if (*own > static_cast<int>(axis)) --*own;
    }
  }
  return symbol;
}

// What a Squeeze without axes takes away; nullopt if a batch or a text of one decides.
std::optional<std::vector<size_t>> AxesOfOne(const Shape& shape) {
  std::vector<size_t> axes;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (!shape[axis].is_number()) return std::nullopt;
    if (shape[axis].is_one()) axes.push_back(axis);
  }
  return axes;
}

std::vector<size_t> OnesOf(const Shape& shape) {
  std::vector<size_t> axes;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis].is_one()) axes.push_back(axis);
  }
  return axes;
}

// The meaning of `x` in a shape that differs from its own by axes of size one alone.
std::optional<Symbol> WithOtherAxes(const Symbol& x, const Shape& target) {
  std::optional<Symbol> symbol = WithoutAxes(x, OnesOf(x.shape));
  if (symbol) symbol = WithAxes(*symbol, OnesOf(target));
  return symbol && symbol->shape == target ? symbol : std::nullopt;
}

// The shape that Reshape asks for, with its 0 (as it was, unless `zeros` are sizes) and -1 (what is
// left) resolved.
std::optional<Shape> TargetOf(const Symbol& x, const Symbol& sizes, bool zeros) {
  Shape target = sizes.sizes;
  std::optional<size_t> open;
  for (size_t i = 0; i < target.size(); ++i) {
    if (!zeros && target[i] == Extent{0} && i < x.shape.size()) target[i] = x.shape[i];
    if (target[i] == Extent{-1}) {
      if (open) return std::nullopt;
      open = i;
      target[i] = Extent();
    }
    if (target[i].count < 1) return std::nullopt;
  }
  const std::optional<Extent> all = Product(x.shape);
  const std::optional<Extent> known = Product(target);
  if (!all || !known) return std::nullopt;
  const std::optional<Extent> rest = Quotient(*all, *known);
  if (!rest || (!open && !rest->is_one())) return std::nullopt;
  if (open) target[*open] = *rest;
  return target;
}

// One axis of Slice: [begin, end) of `extent`; nullopt where it is not known.
struct Cut {
  Extent begin, end;
};

std::optional<Cut> CutOf(const Extent& begin, const Extent& end, const Extent& extent) {
  Cut cut{begin, end};
  if (!begin.is_number()) return std::nullopt;
  if (extent.is_number()) {
    for (Extent* place : {&cut.begin, &cut.end}) {
      if (!place->is_number()) continue;
      if (place->count < 0) place->count = std::max<int64_t>(0, place->count + extent.count);
      place->count = std::min(place->count, extent.count);
    }
    if (cut.end.is_number() && cut.end.count <= cut.begin.count) return std::nullopt;
    return cut;
  }
  // Of an axis of unknown size: all of it, or its first place.
  constexpr int64_t kBeyond = int64_t{1} << 31;
  if (begin.count != 0) return std::nullopt;
  if (end.is_number() && end.count >= kBeyond - 1) cut.end = extent;
  if (!(cut.end == extent) && !cut.end.is_one()) return std::nullopt;
  return cut;
}

Status SliceIndex(NodeCall& call, const Symbol& x, size_t axis, const Cut& cut) {
  if (cut.begin.count != 0 || (cut.end.is_number() && !x.shape[axis].is_number())) {
    return Unfit("positions from the first on");
  }
  Symbol index = x;
  // A table that is too short for a text is found when it is looked up.
  if (x.shape[axis].is_number() && !cut.end.is_number() && x.steps[axis] != 0) {
    index.high = x.high == 0 ? x.shape[axis].count : std::min(x.high, x.shape[axis].count);
  }
  index.shape[axis] = cut.end;
  if (cut.end.is_one()) index.steps[axis] = 0;
  return call.Give(std::move(index));
}

}  // namespace

Status ShapeOfValue(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"start", "end"}));
  if (call.in(0) == nullptr) return Unfit("an input");
  const Shape& shape = call.in(0)->shape;
  const auto rank = static_cast<int64_t>(shape.size());
  const auto place = [&](std::string_view name, int64_t otherwise) {
    const int64_t value = call.Int(name).value_or(otherwise);
    return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  const int64_t begin = place("start", 0);
  const int64_t end = std::max(begin, place("end", rank));
  return call.Give(Sizes({shape.begin() + begin, shape.begin() + end}, false));
}

const Symbol* GatherSize(NodeCall& call, const Symbol& a, const Symbol& b) {
  const auto places = call.Numbers(1);
  if (a.kind != Kind::kSizes || IsScalar(a) || !places) return nullptr;
  std::vector<Extent> sizes;
  for (const int64_t place : *places) {
    const std::optional<size_t> at = NodeCall::Axis(place, a.sizes.size());
    if (!at) return nullptr;
    sizes.push_back(a.sizes[*at]);
  }
  return call.New(Sizes(std::move(sizes), IsScalar(b)));
}

const Symbol* AddSizes(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](const Extent& x, const Extent& y) { return Sum(x, y, 1); });
}

const Symbol* SubtractSizes(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](const Extent& x, const Extent& y) { return Sum(x, y, -1); });
}

const Symbol* MultiplySizes(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](const Extent& x, const Extent& y) { return Product(x, y); });
}

const Symbol* DivideSizes(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](const Extent& x, const Extent& y) {
    // Whole numbers are divided without a rest.
    const bool numbers = x.is_number() && y.is_number() && x.count >= 0 && y.count >= 1;
    return numbers ? std::optional(Extent{x.count / y.count}) : Quotient(x, y);
  });
}

Status Concat(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis"}));
  if (const Symbol* head = JoinHalves(call)) return call.Pass(head);
  if (const Symbol* angles = JoinAngles(call)) return call.Pass(angles);
  if (const Symbol* rotated = JoinRotated(call)) return call.Pass(rotated);
  if (const Symbol* places = JoinCoordinates(call)) return call.Pass(places);
  std::vector<Extent> sizes;
  for (const Symbol* input : call.inputs) {
    if (input == nullptr || input->kind != Kind::kSizes || IsScalar(*input)) {
      return Unfit("sizes, or the turned halves of a head");
    }
    sizes.insert(sizes.end(), input->sizes.begin(), input->sizes.end());
    if (sizes.size() > kMostSizes) return Unfit("fewer sizes");
  }
  const int64_t axis = call.Int("axis").value_or(1);
  if (axis != 0 && axis != -1) return Unfit("sizes along axis 0");
  return call.Give(Sizes(std::move(sizes), false));
}

Status Slice(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const Symbol* x = call.in(0);
  if (x == nullptr || !call.is(1, Kind::kSizes) || !call.is(2, Kind::kSizes)) {
    return Unfit("a known place to begin and to end");
  }
  // Without axes these are the first, as many as there are places.
  const auto axes = call.inputs.size() > 3 ? call.Numbers(3) : std::vector<int64_t>{0};
  const auto steps = call.inputs.size() > 4 ? call.Numbers(4) : std::vector<int64_t>{1};
  const bool one = call.in(1)->sizes.size() == 1 && call.in(2)->sizes.size() == 1 && axes &&
                   axes->size() == 1 && steps && *steps == std::vector<int64_t>{1};
  const auto axis = one ? NodeCall::Axis((*axes)[0], x->shape.size()) : std::nullopt;
  if (!axis) return Unfit("a slice along one axis in steps of one");
  const auto cut = CutOf(call.in(1)->sizes[0], call.in(2)->sizes[0], x->shape[*axis]);
  if (!cut) return Unfit("a slice whose size is known");
  if (cut->begin == Extent{0} && cut->end == x->shape[*axis]) return call.Pass(x);
  if (x->kind == Kind::kIndex) return SliceIndex(call, *x, *axis, *cut);
  if (x->kind == Kind::kTokenIds && *axis == 0 && cut->end.is_one()) {
    return call.Give({.kind = Kind::kIdsRow, .shape = {Extent(), kTokensExtent}});
  }
  if (!cut->end.is_number()) return Unfit("a slice of known size");
  if (x->kind == Kind::kSizes) {
    return call.Give(
        Sizes({x->sizes.begin() + cut->begin.count, x->sizes.begin() + cut->end.count}, false));
  }
  if (x->kind == Kind::kHeadStack && cut->end.count == cut->begin.count + 1) {
    const Symbol* part = PartOfStack(call, *x, *axis, cut->begin.count);
    return part == nullptr ? Unfit("parts along the axis of queries and keys") : call.Pass(part);
  }
  if (*axis + 1 != x->shape.size()) return Unfit("a slice along the last axis");
  const Symbol* part = ColumnsOf(call, *x, cut->begin.count, cut->end.count);
  if (part == nullptr) part = ComponentsOf(call, *x, cut->begin.count, cut->end.count);
  return part == nullptr ? Unfit("a part of a linear layer's output") : call.Pass(part);
}

Status Unsqueeze(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axes"}));
  const Symbol* x = call.in(0);
  if (x == nullptr) return Unfit("an input");
  const size_t added = call.opset >= 13 ? (call.is(1, Kind::kSizes) ? call.in(1)->sizes.size() : 0)
                                        : OnnxInts(call.node, "axes").size();
  if (added == 0 || added > 4) return Unfit("one to four axes");
  const auto axes = call.Axes(13, 1, x->shape.size() + added);
  if (!axes) return Unfit("known axes");
  if (x->kind == Kind::kSizes && IsScalar(*x) && added == 1) {
    return call.Give(Sizes(x->sizes, false));
  }
  if (const Symbol* heads = UnsqueezeHeads(call, *x, *axes)) return call.Pass(heads);
  std::optional<Symbol> symbol = WithAxes(*x, *axes);
  return symbol ? call.Give(*std::move(symbol)) : Unfit("positions, a mask, sizes or heads");
}

Status Squeeze(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axes"}));
  const Symbol* x = call.in(0);
  if (x == nullptr) return Unfit("an input");
  const bool all = OnnxInts(call.node, "axes").empty() && (call.opset < 13 || !call.in(1));
  const auto axes = all ? AxesOfOne(x->shape) : call.Axes(13, 1, x->shape.size());
  if (!axes) {
    return Unfit(all ? "axes, because a size of " + ToString(x->shape) + " may be one"
                     : "known axes");
  }
  if (axes->empty()) return call.Pass(x);
  if (x->kind == Kind::kSizes && x->sizes.size() == 1) return call.Give(Sizes(x->sizes, true));
  if (const Symbol* heads = SqueezeHeads(call, *x, *axes)) return call.Pass(heads);
  std::optional<Symbol> symbol = WithoutAxes(*x, *axes);
  return symbol ? call.Give(*std::move(symbol)) : Unfit("positions, a mask or one size");
}

Status Reshape(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"allowzero"}));
  const Symbol* x = call.in(0);
  if (x == nullptr || !call.is(1, Kind::kSizes)) return Unfit("a known shape");
  const bool zeros = call.Int("allowzero").value_or(0) != 0;
  const std::optional<Shape> target = TargetOf(*x, *call.in(1), zeros);
  if (!target) return Unfit("a shape that fits " + ToString(x->shape));
  if (*target == x->shape) return call.Pass(x);
  if (x->kind == Kind::kSizes && x->sizes.size() <= kMostSizes && target->size() == 1) {
    return call.Give(Sizes(x->sizes, false));
  }
  if (std::optional<Symbol> symbol = WithOtherAxes(*x, *target)) return call.Give(*symbol);
  const Symbol* heads = ReshapeHeads(call, *x, *target);
  return heads == nullptr ? Unfit("token vectors that are cut into heads, or heads that are joined")
                          : call.Pass(heads);
}

Status Expand(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const Symbol* x = call.in(0);
  if (x == nullptr || !call.is(1, Kind::kSizes)) return Unfit("a known shape");
  const std::optional<Shape> target = Broadcast(x->shape, call.in(1)->sizes);
  if (!target) return Unfit("a shape that fits " + ToString(x->shape));
  if (*target == x->shape) return call.Pass(x);
  if (const Symbol* heads = RepeatHeads(call, *x, *target)) return call.Pass(heads);
  if (const Symbol* bias = RepeatBias(call, *x, *target)) return call.Pass(bias);
  if (x->kind == Kind::kSizes && IsScalar(*x) && x->sizes[0].is_number()) {
    Symbol index{.kind = Kind::kIndex, .shape = *target, .offset = x->sizes[0].count};
    index.steps.assign(target->size(), 0);
    return call.Give(std::move(index));
  }
  const size_t added = target->size() - x->shape.size();
  std::vector<size_t> axes;
  for (size_t i = 0; i < added; ++i) axes.push_back(i);
  std::optional<Symbol> symbol = WithAxes(*x, axes);
  if (!symbol || x->kind == Kind::kDistanceBias) return Unfit("positions, a mask or heads");
  symbol->shape = *target;
  return call.Give(*std::move(symbol));
}

Status Range(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const auto start = call.Numbers(0);
  const auto step = call.Numbers(2);
  const bool counts = start == std::vector<int64_t>{0} && step == std::vector<int64_t>{1} &&
                      call.is(1, Kind::kSizes) && call.in(1)->sizes.size() == 1;
  const Extent end = counts ? call.in(1)->sizes[0] : Extent();
  if (!(end == kTokensExtent) && !(end == kBatchExtent)) {
    return Unfit("the places of a row's tokens, or of a batch's rows: 0, 1, 2, ...");
  }
  return call.Give({.kind = Kind::kIndex, .shape = {end}, .steps = {1}});
}

}  // namespace vetor::recogniser
