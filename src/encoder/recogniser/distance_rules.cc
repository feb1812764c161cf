#include "encoder/recogniser/distance_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/status_macros.h"
#include "encoder/reference/attention.h"

namespace vetor::recogniser {
namespace {

constexpr size_t kPlaces = 2 * kFurthest + 1;
// Whole numbers up to here are exact as floats.
constexpr float kLargestWhole = 1 << 24;
constexpr float kUndefined = std::numeric_limits<float>::quiet_NaN();

int64_t DistanceAt(size_t i) { return static_cast<int64_t>(i) - kFurthest; }

// The value for each distance: place along the later axis of `shape` less place along the earlier.
struct Distances {
  std::vector<float> values;
  Shape shape;
  int earlier = -1, later = -1;  // Axes counted from the end, 1 is the last; -1: a constant.
  bool whole = true;
};

Distances Constant(double value, const Shape& shape, bool whole) {
  Distances constant{.shape = shape, .whole = whole};
  constant.values.assign(kPlaces, static_cast<float>(value));
  return constant;
}

template <typename Function>
Distances ByDistance(const Shape& shape, size_t earlier, size_t later, const Function& function) {
  Distances made{.shape = shape};
  made.earlier = static_cast<int>(shape.size() - earlier);
  made.later = static_cast<int>(shape.size() - later);
  made.values.resize(kPlaces);
  for (size_t i = 0; i < kPlaces; ++i) {
    made.values[i] = static_cast<float>(function(DistanceAt(i)));
  }
  return made;
}

// offset, or offset + or - the distance; its absolute value if `size`.
std::optional<Distances> OfIndex(const Symbol& index, bool size) {
  if (std::abs(index.offset) > kFurthest) return std::nullopt;
  std::vector<size_t> axes;
  for (size_t axis = 0; axis < index.steps.size(); ++axis) {
    if (index.steps[axis] != 0) axes.push_back(axis);
  }
  if (axes.empty() && !size) {
    return Constant(static_cast<double>(index.offset), index.shape, true);
  }
  if (axes.size() != 2) return std::nullopt;
  const int64_t step = index.steps[axes[1]];
  const bool distance = std::abs(step) == 1 && index.steps[axes[0]] == -step &&
                        index.shape[axes[0]] == kTokensExtent &&
                        index.shape[axes[1]] == kTokensExtent;
  if (!distance) return std::nullopt;
  return ByDistance(index.shape, axes[0], axes[1], [&](int64_t far) {
    const int64_t value = index.offset + step * far;
    return size ? std::abs(value) : value;
  });
}

// A mask that depends on places alone.
std::optional<Distances> OfChoice(const Symbol& choice) {
  const Mask& mask = choice.mask;
  if (mask.present || mask.batch_axis >= 0) return std::nullopt;
  if (mask.key_axis < 0 || mask.query_axis < 0) return std::nullopt;
  const bool key_later = mask.key_axis > mask.query_axis;
  const auto key = static_cast<size_t>(mask.key_axis);
  const auto query = static_cast<size_t>(mask.query_axis);
  Distances made =
      ByDistance(choice.shape, std::min(key, query), std::max(key, query), [&](int64_t far) {
        const bool before = key_later ? far <= 0 : far >= 0;
        const bool near = mask.window == 0 || std::abs(far) <= mask.window;
        return (!mask.causal || before) && near ? mask.yes : mask.no;
      });
  return made;
}

std::optional<Distances> DistancesOf(const Symbol* symbol) {
  if (symbol == nullptr) return std::nullopt;
  switch (symbol->kind) {
    case Kind::kByDistance: {
      Distances made{symbol->distances, symbol->shape, static_cast<int>(symbol->low),
                     static_cast<int>(symbol->high), symbol->offset == 1};
      return made;
    }
    case Kind::kIndex:
      return OfIndex(*symbol, false);
    case Kind::kIndexSize:
      return OfIndex(*symbol->of, true);
    case Kind::kChoice:
      return OfChoice(*symbol);
    case Kind::kNumber:
      return Constant(symbol->number, symbol->shape, false);
    case Kind::kSizes: {
      const bool one = symbol->sizes.size() == 1 && symbol->sizes[0].is_number() &&
                       std::abs(symbol->sizes[0].count) <= kFurthest;
      if (!one) return std::nullopt;
      return Constant(static_cast<double>(symbol->sizes[0].count), symbol->shape, true);
    }
    default:
      return std::nullopt;
  }
}

// Null if the graph has too many tables, or a whole number is beyond a float's.
const Symbol* Made(NodeCall& call, Distances distances) {
  const bool too_large =
      std::any_of(distances.values.begin(), distances.values.end(),
                  [&](float value) { return distances.whole && std::abs(value) >= kLargestWhole; });
  if (too_large || !call.TakeTable()) return nullptr;
  Symbol symbol{.kind = Kind::kByDistance, .shape = std::move(distances.shape)};
  symbol.offset = distances.whole ? 1 : 0;
  symbol.low = distances.earlier;
  symbol.high = distances.later;
  symbol.distances = std::move(distances.values);
  return call.New(std::move(symbol));
}

bool IsTable(const Symbol* symbol) {
  return symbol != nullptr && symbol->kind == Kind::kByDistance;
}

// False if both depend on different axes.
bool TakeAxes(const Distances& from, Distances* to) {
  if (to->earlier < 0) {
    to->earlier = from.earlier;
    to->later = from.later;
  }
  return from.earlier < 0 || (from.earlier == to->earlier && from.later == to->later);
}

// Element by element, of a table and what goes with it.
template <typename Function>
const Symbol* Combined(NodeCall& call, const Symbol& a, const Symbol& b, const Function& function) {
  if (!IsTable(&a) && !IsTable(&b)) return nullptr;
  std::optional<Distances> x = DistancesOf(&a);
  const std::optional<Distances> y = DistancesOf(&b);
  if (!x || !y || x->whole != y->whole || !TakeAxes(*y, &*x)) return nullptr;
  std::optional<Shape> shape = Broadcast(x->shape, y->shape);
  if (!shape) return nullptr;
  x->shape = *std::move(shape);
  for (size_t i = 0; i < kPlaces; ++i) x->values[i] = function(x->values[i], y->values[i]);
  return Made(call, *std::move(x));
}

}  // namespace

const Symbol* CastDistances(NodeCall& call, const Symbol& x, OnnxElement to) {
  const bool whole = to == OnnxElement::kInt64 || to == OnnxElement::kInt32;
  if (!whole && to != OnnxElement::kFloat) return nullptr;
  if (x.kind != Kind::kByDistance && x.kind != Kind::kIndexSize) return nullptr;
  if (x.kind == Kind::kIndexSize && whole) return &x;
  std::optional<Distances> made = DistancesOf(&x);
  if (!made) return nullptr;
  made->whole = whole;
  for (float& value : made->values) {
    if (!whole) continue;
    // A float without a whole number becomes any number.
    value = std::abs(value) < kLargestWhole ? std::trunc(value) : kUndefined;
  }
  return Made(call, *std::move(made));
}

Status Log(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  std::optional<Distances> x = IsTable(call.in(0)) ? DistancesOf(call.in(0)) : std::nullopt;
  if (!x || x->whole) return Unfit("a function of the distance of two tokens");
  for (float& value : x->values) value = value > 0 ? std::log(value) : kUndefined;
  const Symbol* made = Made(call, *std::move(x));
  return made == nullptr ? Unfit("fewer functions of distance") : call.Pass(made);
}

Status Min(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.inputs.size() != 2 || call.in(0) == nullptr || call.in(1) == nullptr) {
    return Unfit("two inputs");
  }
  const Symbol* made = Combined(call, *call.in(0), *call.in(1), [](float a, float b) {
    return std::isnan(a) || std::isnan(b) ? kUndefined : std::min(a, b);
  });
  return made == nullptr ? Unfit("functions of the distance of two tokens") : call.Pass(made);
}

const Symbol* AddDistances(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](float x, float y) { return x + y; });
}

const Symbol* MultiplyDistances(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](float x, float y) { return x * y; });
}

const Symbol* DivideDistances(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kByDistance || a.offset == 1) return nullptr;  // Floats alone.
  return Combined(call, a, b, [](float x, float y) { return x / y; });
}

const Symbol* ChooseDistances(NodeCall& call) {
  if (!call.is(0, Kind::kChoice) || (!IsTable(call.in(1)) && !IsTable(call.in(2)))) return nullptr;
  const std::optional<Distances> condition = DistancesOf(call.in(0));
  std::optional<Distances> x = DistancesOf(call.in(1));
  const std::optional<Distances> y = DistancesOf(call.in(2));
  if (!condition || !x || !y || x->whole != y->whole) return nullptr;
  if (!TakeAxes(*y, &*x) || !TakeAxes(*condition, &*x)) return nullptr;
  std::optional<Shape> shape = Broadcast(x->shape, y->shape);
  if (shape) shape = Broadcast(*shape, condition->shape);
  if (!shape) return nullptr;
  x->shape = *std::move(shape);
  for (size_t i = 0; i < kPlaces; ++i) {
    if (condition->values[i] != 1) x->values[i] = y->values[i];
  }
  return Made(call, *std::move(x));
}

const Symbol* LookUpBuckets(NodeCall& call, const Symbol& table, const Symbol& indices) {
  if (table.kind != Kind::kTensor || indices.kind != Kind::kByDistance || indices.offset != 1 ||
      indices.shape != Shape{kTokensExtent, kTokensExtent} || indices.low != 2 ||
      indices.high != 1) {
    return nullptr;
  }
  Symbol bias{.kind = Kind::kDistanceBias, .shape = indices.shape, .order = "ijh"};
  bias.shape.push_back(table.shape[1]);
  bias.bias.table = table.tensor;
  constexpr uint64_t kLeastBuckets = 4;
  const uint64_t buckets = table.tensor.shape[0];
  if (buckets < kLeastBuckets || buckets % 2 != 0) return nullptr;
  for (size_t i = 0; i < kPlaces; ++i) {
    const size_t bucket =
        RelativeBucket(DistanceAt(i), static_cast<size_t>(buckets), bias.bias.max_distance);
    // Undefined numbers are not equal to any.
    if (!(indices.distances[i] == static_cast<float>(bucket)) || bucket >= buckets) return nullptr;
  }
  return call.New(std::move(bias));
}

}  // namespace vetor::recogniser
