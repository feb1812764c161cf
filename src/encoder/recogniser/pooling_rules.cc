#include "encoder/recogniser/pooling_rules.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "encoder/recogniser/dense_rules.h"
#include "encoder/recogniser/place_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

// No component of a token vector is below this.
constexpr double kLowest = -1e9;

// Along which axes the weight of each token of each row lies.
struct TokenAxes {
  size_t rows = 0, tokens = 0;
};

std::optional<TokenAxes> AxesOf(const Symbol& symbol) {
  const Mask& mask = symbol.mask;
  if (mask.batch_axis < 0 || mask.key_axis < 0) return std::nullopt;
  const TokenAxes axes{static_cast<size_t>(mask.batch_axis), static_cast<size_t>(mask.key_axis)};
  const bool lies = axes.rows < symbol.shape.size() && axes.tokens < symbol.shape.size() &&
                    symbol.shape[axes.rows] == kBatchExtent &&
                    symbol.shape[axes.tokens] == kTokensExtent;
  return lies ? std::optional(axes) : std::nullopt;
}

// Whether the symbol tells tokens from padding, and nothing else.
bool SaysPresent(const Symbol& symbol) {
  const Mask& mask = symbol.mask;
  return symbol.kind == Kind::kChoice && mask.present && !mask.causal && mask.window == 0 &&
         mask.query_axis < 0 && AxesOf(symbol);
}

std::optional<TokenWeight> WeightOf(const Symbol& symbol) {
  if (IsPresence(symbol)) return TokenWeight::kOne;
  if (symbol.kind == Kind::kTokenWeights && AxesOf(symbol)) return symbol.token_weight;
  return std::nullopt;
}

// Of [batch, tokens, 1] or [batch, tokens, features].
std::optional<TokenWeight> WeightBeside(const Symbol& weights, const Symbol& tokens) {
  const std::optional<TokenAxes> axes = AxesOf(weights);
  const bool beside = axes && axes->rows == 0 && axes->tokens == 1 && weights.shape.size() == 3 &&
                      IsTokenVectors(tokens) && FitsInto(weights.shape, tokens.shape);
  return beside ? WeightOf(weights) : std::nullopt;
}

const Symbol* Pooled(NodeCall& call, const Symbol& tokens, PoolingMode mode, Shape shape) {
  Symbol text{.kind = Kind::kText, .shape = std::move(shape), .of = &tokens};
  text.pooling.modes = {mode};
  return call.New(std::move(text));
}

// The one token that counts is the text.
const Symbol* SummedUp(NodeCall& call, const Symbol& tokens, TokenWeight weight, Shape shape) {
  if (weight == TokenWeight::kFirst) return Pooled(call, tokens, PoolingMode::kCls, shape);
  if (weight == TokenWeight::kLast) return Pooled(call, tokens, PoolingMode::kLastToken, shape);
  return call.New(
      {.kind = Kind::kTextSum, .shape = std::move(shape), .of = &tokens, .token_weight = weight});
}

const Symbol* CountTokens(NodeCall& call) {
  const auto along = call.Numbers(1);
  const bool known = call.Only({"exclusive", "reverse"}).ok() &&
                     call.Int("exclusive").value_or(0) == 0 && along && along->size() == 1;
  if (!known || call.in(0) == nullptr || !IsPresence(*call.in(0))) return nullptr;
  const Symbol& mask = *call.in(0);
  const auto axis = NodeCall::Axis((*along)[0], mask.shape.size());
  if (axis != AxesOf(mask)->tokens) return nullptr;
  Symbol count{.kind = Kind::kMaskCount, .shape = mask.shape, .mask = mask.mask};
  count.low = call.Int("reverse").value_or(0) != 0 ? 1 : 0;
  return call.New(std::move(count));
}

const Symbol* WeighTokens(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind == Kind::kMaskCount && IsPresence(b) && a.shape == b.shape &&
      AxesOf(a)->tokens == AxesOf(b)->tokens) {
    Symbol places = a;
    places.kind = Kind::kTokenWeights;
    places.token_weight = a.low == 0 ? TokenWeight::kPlace : TokenWeight::kPlaceFromEnd;
    return call.New(std::move(places));
  }
  const std::optional<TokenWeight> weight = WeightBeside(b, a);
  if (!weight) return nullptr;
  return call.New(
      {.kind = Kind::kWeightedTokens, .shape = a.shape, .of = &a, .token_weight = *weight});
}

const Symbol* MultiplyStep(NodeCall& call) {
  if (!call.Only({}).ok() || call.in(0) == nullptr || call.in(1) == nullptr) return nullptr;
  const Symbol* found = WeighTokens(call, *call.in(0), *call.in(1));
  return found != nullptr ? found : WeighTokens(call, *call.in(1), *call.in(0));
}

// place == 1
const Symbol* OneToken(NodeCall& call) {
  const size_t places = call.is(0, Kind::kTokenWeights) ? 0 : 1;
  const auto number = call.Numbers(1 - places);
  if (!call.Only({}).ok() || !call.is(places, Kind::kTokenWeights) ||
      number != std::vector<int64_t>{1} || call.in(1 - places)->shape.size() > 1) {
    return nullptr;
  }
  Symbol one = *call.in(places);
  if (one.token_weight == TokenWeight::kPlace) {
    one.token_weight = TokenWeight::kFirst;
  } else if (one.token_weight == TokenWeight::kPlaceFromEnd) {
    one.token_weight = TokenWeight::kLast;
  } else {
    return nullptr;
  }
  return call.New(std::move(one));
}

const Symbol* CastStep(NodeCall& call) {
  const Symbol* x = call.in(0);
  const bool known = x != nullptr && (x->kind == Kind::kTokenWeights ||
                                      x->kind == Kind::kWeightTotal || x->kind == Kind::kText);
  const auto to = static_cast<OnnxElement>(call.Int("to").value_or(0));
  return known && call.Only({"to", "saturate"}).ok() && to == OnnxElement::kFloat ? x : nullptr;
}

const Symbol* UnsqueezeStep(NodeCall& call) {
  if (!call.is(0, Kind::kTokenWeights) || !call.Only({"axes"}).ok()) return nullptr;
  Symbol weights = *call.in(0);
  const auto axes = call.Axes(13, 1, weights.shape.size() + 1);
  if (!axes || axes->size() != 1) return nullptr;
  const size_t axis = axes->front();
  weights.shape.insert(weights.shape.begin() + static_cast<std::ptrdiff_t>(axis), Extent());
  for (int* own : {&weights.mask.key_axis, &weights.mask.batch_axis}) {
    if (*own >= static_cast<int>(axis)) ++*own;
  }
  return call.New(std::move(weights));
}

// [batch, 1, features] becomes [batch, features].
const Symbol* SqueezeStep(NodeCall& call) {
  if (!call.is(0, Kind::kTextSum) && !call.is(0, Kind::kText)) return nullptr;
  Symbol text = *call.in(0);
  const auto axes = call.Axes(13, 1, text.shape.size());
  if (!call.Only({"axes"}).ok() || axes != std::vector<size_t>{1} || text.shape.size() != 3) {
    return nullptr;
  }
  text.shape.erase(text.shape.begin() + 1);
  return call.New(std::move(text));
}

// Weights or a length beside each component.
const Symbol* ExpandStep(NodeCall& call) {
  const Symbol* x = call.in(0);
  const bool known =
      x != nullptr && (x->kind == Kind::kTokenWeights || x->kind == Kind::kTextLength);
  if (!known || !call.Only({}).ok() || !call.is(1, Kind::kSizes)) return nullptr;
  const std::optional<Shape> target = Broadcast(x->shape, call.in(1)->sizes);
  if (!target || target->size() != x->shape.size()) return nullptr;
  Symbol wide = *x;
  wide.shape = *target;
  return call.New(std::move(wide));
}

Shape Reduced(const Symbol& x, size_t axis, bool keep) {
  Shape shape = x.shape;
  if (keep) {
    shape[axis] = Extent();
  } else {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return shape;
}

bool Keeps(const NodeCall& call) { return call.Int("keepdims").value_or(1) != 0; }

const Symbol* SumStep(NodeCall& call) {
  const std::optional<size_t> axis = ReducedAxis(call, 13);
  if (!axis) return nullptr;
  const Symbol& x = *call.in(0);
  if (x.kind == Kind::kWeightedTokens && *axis == 1) {
    return SummedUp(call, *x.of, x.token_weight, Reduced(x, *axis, Keeps(call)));
  }
  const std::optional<TokenWeight> weight = WeightOf(x);
  if (!weight || *axis != AxesOf(x)->tokens || AxesOf(x)->rows != 0) return nullptr;
  return call.New({.kind = Kind::kWeightTotal,
                   .shape = Reduced(x, *axis, Keeps(call)),
                   .token_weight = *weight});
}

const Symbol* MaximumStep(NodeCall& call) {
  const std::optional<size_t> axis = ReducedAxis(call, 18);
  if (axis != size_t{1} || !call.is(0, Kind::kMaskedTokens)) return nullptr;
  const Symbol& x = *call.in(0);
  return Pooled(call, *x.of, PoolingMode::kMax, Reduced(x, *axis, Keeps(call)));
}

const Symbol* LengthStep(NodeCall& call) {
  const std::optional<size_t> axis = ReducedAxis(call, 18);
  if (axis != size_t{1} || !call.is(0, Kind::kText) || !Keeps(call)) return nullptr;
  const Symbol& text = *call.in(0);
  if (text.shape.size() != 2 || text.pooling.normalize) return nullptr;
  return call.New({.kind = Kind::kTextLength, .shape = Reduced(text, *axis, true), .of = &text});
}

// weights [batch, 1, tokens] times tokens [batch, tokens, features]
const Symbol* ProductStep(NodeCall& call) {
  const Symbol* weights = call.in(0);
  const Symbol* tokens = call.in(1);
  if (weights == nullptr || tokens == nullptr || !call.Only({}).ok()) return nullptr;
  if (!IsTokenVectors(*tokens)) return MultiplyText(call, *weights, *tokens);
  const std::optional<TokenWeight> weight = WeightOf(*weights);
  const std::optional<TokenAxes> axes = AxesOf(*weights);
  const bool lies = weight && tokens->type == WeightType::kFloat32 && axes->rows == 0 &&
                    axes->tokens == 2 &&
                    weights->shape == Shape{kBatchExtent, Extent(), kTokensExtent};
  if (!lies) return nullptr;
  return SummedUp(call, *tokens, *weight, {kBatchExtent, Extent(), tokens->shape.back()});
}

// What a total or a length is at least, if no text is below it: every token counts at least one.
const Symbol* AtLeast(const Symbol& x, const Symbol& bound) {
  const std::optional<double> number = NumberOf(&bound);
  constexpr double kLeastLength = 1e-12 * (1 + 1e-6);
  if (!number || bound.shape.size() > 1) return nullptr;
  if (x.kind == Kind::kWeightTotal && *number <= 1) return &x;
  if (x.kind == Kind::kTextLength && *number <= kLeastLength) return &x;
  return nullptr;
}

const Symbol* MaxStep(NodeCall& call) {
  if (call.inputs.size() != 2 || call.in(0) == nullptr || call.in(1) == nullptr ||
      !call.Only({}).ok()) {
    return nullptr;
  }
  const Symbol* found = AtLeast(*call.in(0), *call.in(1));
  return found != nullptr ? found : AtLeast(*call.in(1), *call.in(0));
}

const Symbol* ClipStep(NodeCall& call) {
  const bool below = call.in(0) != nullptr && call.in(1) != nullptr && call.in(2) == nullptr;
  return below && call.Only({}).ok() ? AtLeast(*call.in(0), *call.in(1)) : nullptr;
}

const Symbol* RootStep(NodeCall& call) {
  if (!call.is(0, Kind::kWeightTotal) || call.in(0)->low != 0 || !call.Only({}).ok()) {
    return nullptr;
  }
  Symbol root = *call.in(0);
  root.low = 1;
  return call.New(std::move(root));
}

// The mode whose divisor the total is.
std::optional<PoolingMode> MeanOf(const Symbol& sum, const Symbol& total) {
  if (sum.token_weight != total.token_weight || sum.shape.size() != total.shape.size() ||
      !(total.shape[0] == kBatchExtent) || !FitsInto(total.shape, sum.shape)) {
    return std::nullopt;
  }
  const bool root = total.low == 1;
  if (sum.token_weight == TokenWeight::kOne) {
    return root ? PoolingMode::kMeanSqrtLen : PoolingMode::kMean;
  }
  if (sum.token_weight == TokenWeight::kPlace && !root) return PoolingMode::kWeightedMean;
  return std::nullopt;
}

const Symbol* DivideStep(NodeCall& call) {
  const Symbol* a = call.in(0);
  const Symbol* b = call.in(1);
  if (a == nullptr || b == nullptr || !call.Only({}).ok()) return nullptr;
  if (a->kind == Kind::kTextSum && b->kind == Kind::kWeightTotal) {
    const std::optional<PoolingMode> mode = MeanOf(*a, *b);
    return mode ? Pooled(call, *a->of, *mode, a->shape) : nullptr;
  }
  const bool unit = a->kind == Kind::kText && b->kind == Kind::kTextLength && b->of == a &&
                    FitsInto(b->shape, a->shape);
  if (!unit) return nullptr;
  Symbol text = *a;
  text.pooling.normalize = true;
  return call.New(std::move(text));
}

const Symbol* WhereStep(NodeCall& call) {
  const Symbol* mask = call.in(0);
  if (mask == nullptr || call.inputs.size() != 3 || !SaysPresent(*mask) || !call.Only({}).ok()) {
    return nullptr;
  }
  const bool as_is = mask->mask.yes == 1 && mask->mask.no == 0;
  const bool turned = mask->mask.yes == 0 && mask->mask.no == 1;
  const Symbol* tokens = call.in(as_is ? 1 : 2);
  const Symbol* lowest = call.in(as_is ? 2 : 1);
  if ((!as_is && !turned) || tokens == nullptr || lowest == nullptr) return nullptr;
  const std::optional<TokenAxes> axes = AxesOf(*mask);
  const std::optional<double> number = NumberOf(lowest);
  const bool fits = IsTokenVectors(*tokens) && mask->shape.size() == 3 && axes->rows == 0 &&
                    axes->tokens == 1 && FitsInto(mask->shape, tokens->shape) && number &&
                    *number <= kLowest && FitsInto(lowest->shape, tokens->shape);
  if (!fits) return nullptr;
  return call.New({.kind = Kind::kMaskedTokens, .shape = tokens->shape, .of = tokens});
}

// The first token of each row, as [batch, features] or [batch, 1, features].
const Symbol* GatherStep(NodeCall& call) {
  const Symbol* tokens = call.in(0);
  const auto place = call.Numbers(1);
  const bool first = tokens != nullptr && IsTokenVectors(*tokens) && call.Only({"axis"}).ok() &&
                     call.Int("axis").value_or(0) == 1 && place == std::vector<int64_t>{0};
  if (!first || tokens->type != WeightType::kFloat32) return nullptr;
  return Pooled(call, *tokens, PoolingMode::kCls, Reduced(*tokens, 1, !call.in(1)->shape.empty()));
}

// The first token, or the first components of a text.
const Symbol* SliceStep(NodeCall& call) {
  const Symbol* x = call.in(0);
  if (x == nullptr || !call.Only({}).ok() || call.in(3) == nullptr) return nullptr;
  const std::vector<int64_t> one = {1};
  const auto end = call.Numbers(2);
  const auto axes = call.Numbers(3);
  const bool from_first = call.Numbers(1) == std::vector<int64_t>{0} && end && end->size() == 1 &&
                          axes && axes->size() == 1 &&
                          (call.inputs.size() < 5 || call.Numbers(4) == one);
  if (!from_first || NodeCall::Axis((*axes)[0], x->shape.size()) != size_t{1}) return nullptr;
  if (IsTokenVectors(*x) && end == one) {
    return Pooled(call, *x, PoolingMode::kCls, Reduced(*x, 1, true));
  }
  const bool cuts = x->kind == Kind::kText && x->shape.size() == 2 && !x->pooling.normalize &&
                    x->pooling.dim == 0 && (*end)[0] >= 1;
  if (!cuts) return nullptr;
  if ((*end)[0] >= x->shape[1].count) return x;
  Symbol text = *x;
  text.shape[1] = {(*end)[0]};
  text.pooling.dim = static_cast<uint64_t>((*end)[0]);
  return call.New(std::move(text));
}

// Several modes of the same tokens side by side.
const Symbol* ConcatStep(NodeCall& call) {
  const int64_t axis = call.Int("axis").value_or(0);
  if (!call.Only({"axis"}).ok() || (axis != 1 && axis != -1) || call.inputs.empty()) return nullptr;
  constexpr size_t kMostModes = 16;
  Symbol all;
  for (const Symbol* part : call.inputs) {
    const bool plain = part != nullptr && part->kind == Kind::kText && part->shape.size() == 2 &&
                       part->pooling.dense.empty() && part->pooling.dim == 0 &&
                       !part->pooling.normalize;
    if (!plain || (all.of != nullptr && part->of != all.of)) return nullptr;
    if (all.of == nullptr) {
      all = *part;
      continue;
    }
    const auto& modes = part->pooling.modes;
    all.pooling.modes.insert(all.pooling.modes.end(), modes.begin(), modes.end());
    all.shape[1].count += part->shape[1].count;
    if (all.pooling.modes.size() > kMostModes) return nullptr;
  }
  return call.New(std::move(all));
}

struct StepRule {
  std::string_view op_type;
  const Symbol* (*step)(NodeCall& call);
};

// An operator may have several; the first that knows the inputs answers.
constexpr StepRule kSteps[] = {
    {"Add", AddTextBias},
    {"ArgMax", FirstPlace},
    {"Cast", CastStep},
    {"Clip", ClipStep},
    {"Concat", ConcatStep},
    {"CumSum", CountTokens},
    {"Div", DivideStep},
    {"Equal", OneToken},
    {"Expand", ExpandStep},
    {"Expand", ExpandPlace},
    {"Gather", GatherStep},
    {"GatherElements", TakePlace},
    {"Gelu", ActivateText},
    {"Gemm", TextGemm},
    {"MatMul", ProductStep},
    {"Max", MaxStep},
    {"Mul", MultiplyStep},
    {"ReduceL2", LengthStep},
    {"ReduceMax", AnyToken},
    {"ReduceMax", MaximumStep},
    {"ReduceSum", SumStep},
    {"Relu", ActivateText},
    {"Sigmoid", ActivateText},
    {"Slice", SliceStep},
    {"Slice", FlipMask},
    {"Sqrt", RootStep},
    {"Squeeze", SqueezeStep},
    {"Sub", CountFromFront},
    {"Tanh", ActivateText},
    {"Unsqueeze", UnsqueezeStep},
    {"Unsqueeze", UnsqueezePlace},
    {"Where", ChooseIfEmpty},
    {"Where", WhereStep},
};

bool IsOfPooling(const Symbol* symbol) {
  return symbol != nullptr && symbol->kind >= Kind::kMaskCount && symbol->kind <= Kind::kTextLength;
}

}  // namespace

bool IsPresence(const Symbol& symbol) {
  return SaysPresent(symbol) && symbol.mask.yes == 1 && symbol.mask.no == 0;
}

std::optional<size_t> ReducedAxis(const NodeCall& call, int64_t since) {
  const Symbol* x = call.in(0);
  if (x == nullptr || !call.Only({"axes", "keepdims", "noop_with_empty_axes"}).ok()) {
    return std::nullopt;
  }
  const auto axes = call.Axes(since, 1, x->shape.size());
  if (!axes || axes->size() != 1) return std::nullopt;
  return axes->front();
}

bool HasPoolingStep(std::string_view op_type) {
  return std::any_of(std::begin(kSteps), std::end(kSteps),
                     [&](const StepRule& row) { return row.op_type == op_type; });
}

std::optional<Status> PoolingStep(NodeCall& call) {
  const std::string_view op_type = call.node.op_type;
  for (const StepRule& row : kSteps) {
    if (row.op_type != op_type) continue;
    if (const Symbol* found = row.step(call)) return call.Pass(found);
  }
  const bool any = std::any_of(call.inputs.begin(), call.inputs.end(), &IsOfPooling);
  if (!any || op_type == "Shape" || op_type == "Identity") return std::nullopt;
  return Unfit(
      "a step of pooling by attention_mask: mean, cls, last token, max, a Dense layer, a cut, "
      "length 1");
}

}  // namespace vetor::recogniser
