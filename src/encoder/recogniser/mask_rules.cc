#include "encoder/recogniser/mask_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status_macros.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/distance_rules.h"
#include "encoder/recogniser/gathered_mask_rules.h"
#include "encoder/recogniser/half_rules.h"
#include "encoder/recogniser/index_rules.h"
#include "encoder/recogniser/size_choice_rules.h"
#include "encoder/recogniser/token_rules.h"
#include "formats/onnx/element_type.h"

namespace vetor::recogniser {
namespace {

bool IsTruth(const Symbol& symbol) {
  const auto truth = [](double value) { return value == 0 || value == 1; };
  return symbol.kind == Kind::kChoice && truth(symbol.mask.yes) && truth(symbol.mask.no);
}

bool SameCondition(const Mask& a, const Mask& b) {
  return a.present == b.present && a.causal == b.causal && a.window == b.window &&
         a.key_axis == b.key_axis && a.query_axis == b.query_axis && a.batch_axis == b.batch_axis;
}

int Shifted(int axis, size_t by) { return axis < 0 ? axis : axis + static_cast<int>(by); }

Mask Shifted(const Symbol& symbol, const Shape& shape) {
  Mask mask = symbol.mask;
  const size_t by = shape.size() - symbol.shape.size();
  mask.key_axis = Shifted(mask.key_axis, by);
  mask.query_axis = Shifted(mask.query_axis, by);
  mask.batch_axis = Shifted(mask.batch_axis, by);
  return mask;
}

// False if both depend on different axes.
bool Unify(int other, int* axis) {
  if (*axis < 0) *axis = other;
  return other < 0 || other == *axis;
}

// The two values of a number, or of a choice with the same condition as `like`.
struct Values {
  double yes, no;
};
std::optional<Values> ValuesOf(const Symbol* symbol, const Mask& like, const Shape& shape) {
  if (symbol == nullptr) return std::nullopt;
  if (symbol->kind == Kind::kNumber) return Values{symbol->number, symbol->number};
  if (symbol->kind == Kind::kSizes && symbol->sizes.size() == 1 && symbol->sizes[0].is_number()) {
    const auto whole = static_cast<double>(symbol->sizes[0].count);
    return Values{whole, whole};
  }
  if (symbol->kind != Kind::kChoice || symbol->shape.size() > shape.size()) return std::nullopt;
  const Mask mask = Shifted(*symbol, shape);
  const bool constant = mask.yes == mask.no;
  if (!constant && !SameCondition(mask, like)) return std::nullopt;
  return Values{mask.yes, mask.no};
}

// A choice between the values that `combine` makes of those of two symbols.
template <typename Combine>
const Symbol* Combined(NodeCall& call, const Symbol& a, const Symbol& b, const Combine& combine) {
  // The one that is not the same everywhere.
  const bool second = b.kind == Kind::kChoice && a.mask.yes == a.mask.no;
  const Symbol& choice = a.kind == Kind::kChoice && !second ? a : b;
  const std::optional<Shape> shape = Broadcast(a.shape, b.shape);
  if (choice.kind != Kind::kChoice || !shape) return nullptr;
  const Mask like = Shifted(choice, *shape);
  const std::optional<Values> x = ValuesOf(&a, like, *shape);
  const std::optional<Values> y = ValuesOf(&b, like, *shape);
  if (!x || !y) return nullptr;
  Symbol symbol{.kind = Kind::kChoice, .shape = *shape, .mask = like};
  // As the graph computes them, so that what is lost there is lost here.
  symbol.mask.yes = RoundToFloat(combine(x->yes, y->yes));
  symbol.mask.no = RoundToFloat(combine(x->no, y->no));
  if (std::isnan(symbol.mask.yes) || std::isnan(symbol.mask.no)) return nullptr;
  return call.New(std::move(symbol));
}

// Whole numbers become floats: sizes under a root.
const Symbol* CastSizes(NodeCall& call, const Symbol& x, OnnxElement to) {
  if (to == OnnxElement::kInt64 || to == OnnxElement::kInt32) return &x;
  if (to != OnnxElement::kFloat || x.sizes.size() != 1 || !x.sizes[0].is_number()) return nullptr;
  return call.New(
      {.kind = Kind::kNumber, .shape = x.shape, .number = static_cast<double>(x.sizes[0].count)});
}

const Symbol* CastChoice(NodeCall& call, const Symbol& x, OnnxElement to) {
  Symbol choice = x;
  choice.mask.truth = to == OnnxElement::kBool;
  for (double* value : {&choice.mask.yes, &choice.mask.no}) {
    if (to == OnnxElement::kBool) {
      *value = *value == 0 ? 0 : 1;
    } else if (to == OnnxElement::kInt64 || to == OnnxElement::kInt32) {
      if (std::abs(*value) > 1e6) return nullptr;
      *value = std::trunc(*value);
    } else if (to != OnnxElement::kFloat) {
      return nullptr;
    }
  }
  return call.New(std::move(choice));
}

const Symbol* CastTo(NodeCall& call, const Symbol& x, OnnxElement to) {
  const bool whole = to == OnnxElement::kInt64 || to == OnnxElement::kInt32;
  switch (x.kind) {
    case Kind::kSizes:
      return CastSizes(call, x, to);
    case Kind::kChoice:
      return CastChoice(call, x, to);
    case Kind::kTokenIds:
    case Kind::kTokenTypes:
    case Kind::kCount:
    case Kind::kPlaces:
    case Kind::kPositions:
      return whole ? &x : nullptr;
    case Kind::kPadding:
    case Kind::kContent:
      return whole || to == OnnxElement::kBool ? &x : nullptr;
    case Kind::kIndexSize:
    case Kind::kByDistance:
      return CastDistances(call, x, to);
    case Kind::kShares:
    case Kind::kWave:
      return to == OnnxElement::kFloat ? &x : nullptr;
    case Kind::kTensor:
      return to == OnnxElement::kFloat && x.tensor.type == WeightType::kFloat32 ? &x : nullptr;
    case Kind::kIndex:  // Below 2^24, where floats are whole numbers.
      return whole || to == OnnxElement::kFloat ? &x : nullptr;
    default:
      return nullptr;
  }
}

// The condition place(key axis) <= place(query axis), of an index whose value is at most zero.
std::optional<Symbol> Causal(const Symbol& index) {
  Symbol choice{.kind = Kind::kChoice, .shape = index.shape};
  for (size_t axis = 0; axis < index.steps.size(); ++axis) {
    if (index.steps[axis] == 0) continue;
    int& own = index.steps[axis] == 1 ? choice.mask.key_axis : choice.mask.query_axis;
    const bool fits = std::abs(index.steps[axis]) == 1 && index.shape[axis] == kTokensExtent;
    if (!fits || own >= 0) return std::nullopt;
    own = static_cast<int>(axis);
  }
  if (choice.mask.key_axis < 0 || choice.mask.query_axis < 0 || index.offset != 0) {
    return std::nullopt;
  }
  choice.mask.causal = true;
  return choice;
}

// a <= b or, unless `equal_too`, a < b of places.
std::optional<Symbol> Ordered(NodeCall& call, const Symbol& a, const Symbol& b, bool equal_too) {
  const Symbol* difference = equal_too ? SubtractIndex(call, a, b) : SubtractIndex(call, b, a);
  std::optional<Symbol> choice = difference == nullptr ? std::nullopt : Causal(*difference);
  if (choice && !equal_too) std::swap(choice->mask.yes, choice->mask.no);  // Not b <= a.
  return choice;
}

// |distance| <= window
std::optional<Symbol> Window(const Symbol& size, int64_t window) {
  if (window < 1) return std::nullopt;
  Symbol index = *size.of;
  std::optional<Symbol> choice = Causal(index);
  if (!choice) return std::nullopt;
  choice->mask.causal = false;
  choice->mask.window = window;
  // A distance has no direction: keys lie along the later axis.
  if (choice->mask.key_axis < choice->mask.query_axis) {
    std::swap(choice->mask.key_axis, choice->mask.query_axis);
  }
  return choice;
}

}  // namespace

std::optional<Mask> BothMasks(const Symbol& a, const Symbol& b, const Shape& shape) {
  Mask mask = Shifted(a, shape);
  const Mask other = Shifted(b, shape);
  if (!Unify(other.key_axis, &mask.key_axis) || !Unify(other.query_axis, &mask.query_axis) ||
      !Unify(other.batch_axis, &mask.batch_axis)) {
    return std::nullopt;
  }
  mask.present = mask.present || other.present;
  mask.causal = mask.causal || other.causal;
  if (mask.window == 0 || (other.window > 0 && other.window < mask.window)) {
    mask.window = other.window;
  }
  return mask;
}

namespace {

// What a mask hides, and what does not fulfil the condition that is input 0 or of which input 0 is
// the contrary.
const Symbol* HideToo(NodeCall& call, const Shape& shape) {
  const Symbol& condition = *call.in(0);
  const bool contrary = condition.mask.yes == 0 && condition.mask.no == 1;
  if (!contrary && (condition.mask.yes != 1 || condition.mask.no != 0)) return nullptr;
  const std::optional<double> hidden = NumberOf(call.in(contrary ? 1 : 2));
  const Symbol& other = *call.in(contrary ? 2 : 1);
  if (!hidden || !(*hidden <= kHiddenScore) || other.kind != Kind::kChoice || other.mask.yes != 0 ||
      !(other.mask.no <= kHiddenScore) ||
      SameCondition(Shifted(condition, shape), Shifted(other, shape))) {
    return nullptr;
  }
  std::optional<Mask> mask = BothMasks(condition, other, shape);
  if (!mask) return nullptr;
  mask->yes = 0;
  mask->no = std::max(*hidden, other.mask.no);
  mask->truth = false;
  return call.New({.kind = Kind::kChoice, .shape = shape, .mask = *mask});
}

}  // namespace

Status Cast(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"to", "saturate"}));
  if (call.in(0) == nullptr) return Unfit("an input");
  const auto to = static_cast<OnnxElement>(call.Int("to").value_or(0));
  const Symbol& x = *call.in(0);
  if (const Symbol* cast = CastFloats(call, x, to)) return call.Pass(cast);
  const Symbol* found = CastTo(call, x, to);
  return found == nullptr ? Unfit("ids, positions or a mask, found a cast to " +
                                  OnnxElementName(to) + " of another value")
                          : call.Pass(found);
}

Status Not(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.is(0, Kind::kPadding) || call.is(0, Kind::kContent)) {
    Symbol other = *call.in(0);
    other.kind = other.kind == Kind::kPadding ? Kind::kContent : Kind::kPadding;
    return call.Give(std::move(other));
  }
  if (call.in(0) == nullptr || !IsTruth(*call.in(0))) return Unfit("a mask");
  Symbol choice = *call.in(0);
  choice.mask.yes = 1 - choice.mask.yes;
  choice.mask.no = 1 - choice.mask.no;
  return call.Give(std::move(choice));
}

Status And(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const Symbol* a = call.in(0);
  const Symbol* b = call.in(1);
  if (a == nullptr || b == nullptr || !IsTruth(*a) || !IsTruth(*b)) return Unfit("two masks");
  const Symbol* both = MultiplyChoice(call, *a, *b);
  return both == nullptr ? Unfit("masks along the same axes") : call.Pass(both);
}

Status Where(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (const Symbol* sizes = ChooseSizes(call)) return call.Pass(sizes);
  if (const Symbol* distances = ChooseDistances(call)) return call.Pass(distances);
  if (const Symbol* shares = ChooseShares(call)) return call.Pass(shares);
  const Symbol* condition = call.in(0);
  if (condition == nullptr || call.in(1) == nullptr || call.in(2) == nullptr ||
      !IsTruth(*condition)) {
    return Unfit("a mask and two values");
  }
  if (call.is(2, Kind::kScores) && call.is(1, Kind::kNumber)) {
    Symbol choice = *condition;
    for (double* value : {&choice.mask.yes, &choice.mask.no}) {
      *value = *value == 1 ? call.in(1)->number : 0;
    }
    const Symbol* masked = MaskScores(call, *call.in(2), choice);
    return masked == nullptr ? Unfit("scores, and a number that hides what the mask says")
                             : call.Pass(masked);
  }
  std::optional<Shape> shape = Broadcast(call.in(1)->shape, call.in(2)->shape);
  if (shape) shape = Broadcast(*shape, condition->shape);
  if (!shape) return Unfit("values of one shape");
  if (const Symbol* both = HideToo(call, *shape)) return call.Pass(both);
  Symbol choice{.kind = Kind::kChoice, .shape = *shape, .mask = Shifted(*condition, *shape)};
  const auto if_true = ValuesOf(call.in(1), choice.mask, *shape);
  const auto if_false = ValuesOf(call.in(2), choice.mask, *shape);
  if (!if_true || !if_false) return Unfit("two numbers");
  choice.mask.yes = condition->mask.yes == 1 ? if_true->yes : if_false->yes;
  choice.mask.no = condition->mask.no == 1 ? if_true->no : if_false->no;
  choice.mask.truth = false;
  return call.Give(std::move(choice));
}

Status Compare(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const Symbol* a = call.in(0);
  const Symbol* b = call.in(1);
  if (a == nullptr || b == nullptr) return Unfit("two inputs");
  // As a <= b or a < b.
  if (call.node.op_type.starts_with("Greater")) std::swap(a, b);
  const bool equal_too = call.node.op_type.ends_with("OrEqual");
  const auto number = [](const Symbol& s) {
    const bool one = s.kind == Kind::kSizes && s.sizes.size() == 1 && s.sizes[0].is_number() &&
                     s.shape.size() <= 1;
    return one ? std::optional(s.sizes[0].count) : std::nullopt;
  };
  std::optional<Symbol> choice;
  if (a->kind == Kind::kIndexSize && number(*b)) {
    choice = Window(*a, *number(*b) - (equal_too ? 0 : 1));
  } else if (b->kind == Kind::kIndexSize && number(*a)) {
    choice = Window(*b, *number(*a) - (equal_too ? 1 : 0));
    if (choice) std::swap(choice->mask.yes, choice->mask.no);  // Not |distance| <= the window.
  } else if (const Symbol* difference = SubtractIndex(call, *a, *b)) {
    Symbol index = *difference;
    if (!equal_too) ++index.offset;
    choice = Causal(index);
    if (!choice) choice = Ordered(call, *a, *b, equal_too);
    if (!choice) choice = AlwaysBelow(*a, *b, equal_too);
  }
  if (choice) choice->mask.truth = true;
  return choice ? call.Give(*std::move(choice))
                : Unfit("a window around each token, or the tokens before it");
}

Status Equal(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (const Symbol* truths = EqualSizes(call)) return call.Pass(truths);
  const size_t ids = call.is(0, Kind::kTokenIds) ? 0 : 1;
  const auto number = call.Numbers(1 - ids);
  if (call.is(ids, Kind::kTokenIds) && number && number->size() == 1) {
    return call.Give(
        {.kind = Kind::kPadding, .shape = call.in(ids)->shape, .offset = (*number)[0]});
  }
  // mask == 0
  const size_t mask = call.is(0, Kind::kChoice) ? 0 : 1;
  std::optional<double> value = NumberOf(call.in(1 - mask));
  const auto whole = call.Numbers(1 - mask);
  if (whole && whole->size() == 1) value = static_cast<double>((*whole)[0]);
  if (!call.is(mask, Kind::kChoice) || !value || call.in(1 - mask)->shape.size() > 1) {
    return Unfit("ids and the padding's id, or a mask and a number");
  }
  Symbol choice = *call.in(mask);
  for (double* own : {&choice.mask.yes, &choice.mask.no}) *own = *own == *value ? 1 : 0;
  choice.mask.truth = true;
  return call.Give(std::move(choice));
}

const Symbol* AddChoice(NodeCall& call, const Symbol& a, const Symbol& b) {
  const Symbol* sum = Combined(call, a, b, [](double x, double y) { return x + y; });
  if (sum != nullptr) return sum;
  // Two masks that are added to scores one after the other.
  const std::optional<Shape> shape = Broadcast(a.shape, b.shape);
  const auto hides = [](const Symbol& s) {
    return s.kind == Kind::kChoice && s.mask.yes == 0 && s.mask.no <= kHiddenScore;
  };
  if (!shape || !hides(a) || !hides(b)) return nullptr;
  std::optional<Mask> mask = BothMasks(a, b, *shape);
  if (!mask) return nullptr;
  mask->yes = 0;
  mask->no = std::max(a.mask.no, b.mask.no);
  return call.New({.kind = Kind::kChoice, .shape = *shape, .mask = *mask});
}

const Symbol* SubtractChoice(NodeCall& call, const Symbol& a, const Symbol& b) {
  return Combined(call, a, b, [](double x, double y) { return x - y; });
}

const Symbol* MultiplyChoice(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (const Symbol* product = Combined(call, a, b, [](double x, double y) { return x * y; })) {
    return product;
  }
  const std::optional<Shape> shape = Broadcast(a.shape, b.shape);
  const auto says_yes = [](const Symbol& s) {
    return s.kind == Kind::kChoice && s.mask.yes == 1 && s.mask.no == 0;
  };
  if (!shape || !says_yes(a) || !says_yes(b)) return nullptr;
  const std::optional<Mask> mask = BothMasks(a, b, *shape);
  if (!mask) return nullptr;
  return call.New({.kind = Kind::kChoice, .shape = *shape, .mask = *mask});
}

}  // namespace vetor::recogniser
