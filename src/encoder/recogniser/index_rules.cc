#include "encoder/recogniser/index_rules.h"

#include <algorithm>

#include "base/status_macros.h"
#include "encoder/recogniser/shape.h"

namespace vetor::recogniser {
namespace {

bool IsBounded(const Symbol& index) {
  const auto bounded = [](int64_t n) { return n >= -kLargestCount && n <= kLargestCount; };
  return bounded(index.offset) && std::all_of(index.steps.begin(), index.steps.end(), bounded);
}

// One number, as sizes or as an index that has the same value everywhere.
std::optional<int64_t> OneNumber(const Symbol& symbol) {
  if (symbol.kind != Kind::kSizes || symbol.sizes.size() != 1 || symbol.shape.size() > 1) {
    return std::nullopt;
  }
  if (!symbol.sizes[0].is_number()) return std::nullopt;
  return symbol.sizes[0].count;
}

// a + sign * b
const Symbol* Combined(NodeCall& call, const Symbol& a, const Symbol& b, int64_t sign) {
  const std::optional<Shape> shape = Broadcast(a.shape, b.shape);
  if (!shape || !IsBounded(a) || !IsBounded(b)) return nullptr;
  Symbol sum{.kind = Kind::kIndex, .shape = *shape};
  sum.offset = a.offset + sign * b.offset;
  sum.steps.assign(shape->size(), 0);
  for (size_t i = 0; i < a.steps.size(); ++i) {
    sum.steps[shape->size() - a.steps.size() + i] += a.steps[i];
  }
  for (size_t i = 0; i < b.steps.size(); ++i) {
    sum.steps[shape->size() - b.steps.size() + i] += sign * b.steps[i];
  }
  sum.high = std::max(a.high, b.high);
  if (a.high > 0 && b.high > 0) sum.high = std::min(a.high, b.high);
  return call.New(std::move(sum));
}

std::optional<Symbol> AsIndex(const Symbol& symbol) {
  if (symbol.kind == Kind::kIndex) return symbol;
  const std::optional<int64_t> number = OneNumber(symbol);
  if (!number) return std::nullopt;
  Symbol index{.kind = Kind::kIndex, .shape = symbol.shape, .offset = *number};
  index.steps.assign(symbol.shape.size(), 0);
  return index;
}

const Symbol* CombinedAny(NodeCall& call, const Symbol& a, const Symbol& b, int64_t sign) {
  if (a.kind != Kind::kIndex && b.kind != Kind::kIndex) return nullptr;
  const std::optional<Symbol> first = AsIndex(a);
  const std::optional<Symbol> second = AsIndex(b);
  return first && second ? Combined(call, *first, *second, sign) : nullptr;
}

}  // namespace

const Symbol* AddIndex(NodeCall& call, const Symbol& a, const Symbol& b) {
  return CombinedAny(call, a, b, 1);
}

const Symbol* SubtractIndex(NodeCall& call, const Symbol& a, const Symbol& b) {
  return CombinedAny(call, a, b, -1);
}

const Symbol* MultiplyIndex(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<int64_t> factor = OneNumber(b);
  if (!factor || b.shape.size() > a.shape.size()) return nullptr;
  // Zeros in the shape of the ids, whatever these are.
  if ((a.kind == Kind::kIdsRow || a.kind == Kind::kTokenIds) && *factor == 0) {
    Symbol zeros{.kind = Kind::kIndex, .shape = a.shape};
    zeros.steps.assign(a.shape.size(), 0);
    return call.New(std::move(zeros));
  }
  constexpr int64_t kLargestCountFactor = 1 << 20;
  if (a.kind != Kind::kIndex || !IsBounded(a) || *factor < -kLargestCountFactor ||
      *factor > kLargestCountFactor) {
    return nullptr;
  }
  Symbol product = a;
  product.offset *= *factor;
  for (int64_t& step : product.steps) step *= *factor;
  return IsBounded(product) ? call.New(std::move(product)) : nullptr;
}

Status CumSum(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"exclusive", "reverse"}));
  const Symbol* x = call.in(0);
  const auto along = call.Numbers(1);
  if (x == nullptr || !along || along->size() != 1 || call.Int("reverse").value_or(0) != 0) {
    return Unfit("a sum along a known axis, from the first place on");
  }
  const auto axis = NodeCall::Axis((*along)[0], x->shape.size());
  const bool exclusive = call.Int("exclusive").value_or(0) != 0;
  if (x->kind == Kind::kContent && axis && *axis + 1 == x->shape.size() && !exclusive) {
    Symbol count = *x;
    count.kind = Kind::kCount;
    return call.Give(std::move(count));
  }
  const bool constant =
      axis && x->kind == Kind::kIndex && IsBounded(*x) &&
      std::all_of(x->steps.begin(), x->steps.end(), [](int64_t step) { return step == 0; });
  if (!constant) return Unfit("ones that are counted, or tokens that are not padding");
  Symbol index = *x;
  // An axis of size one has one place, 0.
  if (!x->shape[*axis].is_one()) index.steps[*axis] = x->offset;
  if (exclusive) index.offset = 0;
  return call.Give(std::move(index));
}

Status Abs(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (!call.is(0, Kind::kIndex)) return Unfit("the distance of two tokens");
  return call.Give({.kind = Kind::kIndexSize, .shape = call.in(0)->shape, .of = call.in(0)});
}

Status Clip(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const auto low = call.Numbers(1);
  const auto high = call.Numbers(2);
  if (!call.is(0, Kind::kIndex) || !low || !high || low->size() != 1 || high->size() != 1) {
    return Unfit("the distance of two tokens between two numbers");
  }
  return call.Give({.kind = Kind::kClippedIndex,
                    .shape = call.in(0)->shape,
                    .of = call.in(0),
                    .low = (*low)[0],
                    .high = (*high)[0]});
}

const Symbol* ShiftClipped(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<int64_t> number = OneNumber(b);
  if (a.kind != Kind::kClippedIndex || !number || a.offset != 0 || !b.shape.empty()) return nullptr;
  Symbol shifted = a;
  shifted.offset = *number;
  return call.New(std::move(shifted));
}

const Symbol* CountPlaces(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kCount || b.kind != Kind::kContent || a.offset != b.offset) return nullptr;
  Symbol places = a;
  places.kind = Kind::kPlaces;
  return call.New(std::move(places));
}

const Symbol* AddPadding(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<int64_t> number = OneNumber(b);
  if (!number || b.shape.size() > a.shape.size()) return nullptr;
  // Older exports add the length of what came before, which is none.
  if ((a.kind == Kind::kCount || a.kind == Kind::kPlaces) && *number == 0 && a.offset != 0) {
    return &a;
  }
  if (a.kind != Kind::kPlaces || *number != a.offset) return nullptr;
  Symbol positions = a;
  positions.kind = Kind::kPositions;
  return call.New(std::move(positions));
}

}  // namespace vetor::recogniser
