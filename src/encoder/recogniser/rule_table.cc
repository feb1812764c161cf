#include "encoder/recogniser/rule_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <string>

#include "base/status_macros.h"
#include "encoder/recogniser/activation_rules.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/distance_rules.h"
#include "encoder/recogniser/fused_attention_rules.h"
#include "encoder/recogniser/gathered_mask_rules.h"
#include "encoder/recogniser/half_rules.h"
#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/index_rules.h"
#include "encoder/recogniser/mask_rules.h"
#include "encoder/recogniser/norm_rules.h"
#include "encoder/recogniser/place_rules.h"
#include "encoder/recogniser/rotary_rules.h"
#include "encoder/recogniser/rotated_half_rules.h"
#include "encoder/recogniser/runtime_attention_rules.h"
#include "encoder/recogniser/runtime_rules.h"
#include "encoder/recogniser/size_choice_rules.h"
#include "encoder/recogniser/size_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

// An attempt at an operator whose meaning depends on the kinds of what it reads: the result, or
// null if this is another case. `a` and `b` are its inputs.
using Attempt = const Symbol* (*)(NodeCall& call, const Symbol& a, const Symbol& b);

// Whether the attempts get the inputs in both orders.
enum class Order { kAsWritten, kEither };

// The first attempt that knows the two inputs.
Status TryEach(NodeCall& call, std::span<const Attempt> attempts, Order order) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  const Symbol* a = call.in(0);
  const Symbol* b = call.in(1);
  if (a == nullptr || b == nullptr || call.inputs.size() != 2) return Unfit("two inputs");
  for (const Attempt attempt : attempts) {
    const Symbol* found = attempt(call, *a, *b);
    if (found == nullptr && order == Order::kEither) found = attempt(call, *b, *a);
    if (found != nullptr) return call.Pass(found);
  }
  return Unfit("a step of a text encoder, found another pair of inputs " + ToString(a->shape) +
               " and " + ToString(b->shape));
}

// Of two constants, rounded as the graph rounds it; null if float32 does not hold it.
template <typename Function>
const Symbol* OfNumbers(NodeCall& call, const Symbol& a, const Symbol& b,
                        const Function& function) {
  const std::optional<double> x = NumberOf(&a);
  const std::optional<double> y = NumberOf(&b);
  if (!x || !y || a.shape.size() > 1 || b.shape.size() > 1) return nullptr;
  const double result = RoundToFloat(function(*x, *y));
  if (!std::isfinite(result) || (result == 0 && *x != 0 && *y != 0)) return nullptr;
  return call.New(
      {.kind = Kind::kNumber, .shape = a.shape.empty() ? b.shape : a.shape, .number = result});
}

const Symbol* MultiplyNumbers(NodeCall& call, const Symbol& a, const Symbol& b) {
  return OfNumbers(call, a, b, [](double x, double y) { return x * y; });
}

const Symbol* DivideNumbers(NodeCall& call, const Symbol& a, const Symbol& b) {
  return OfNumbers(call, a, b, [](double x, double y) { return x / y; });
}

Status Add(NodeCall& call) {
  constexpr Attempt kAttempts[] = {
      AddSizes,   AddIndex,        AddDistances, ShiftClipped, AddPadding, AddChoice,
      AddLookups, AddBias,         AddEpsilon,   AddOne,       Bend,       AddNormBias,
      MaskScores, AddDistanceBias, AddTurned,    AddWholes,    AddResidual};
  return TryEach(call, kAttempts, Order::kEither);
}

Status Subtract(NodeCall& call) {
  constexpr Attempt kAttempts[] = {SubtractSizes, SubtractIndex,  SubtractChoice,
                                   Centre,        SubtractTurned, LastColumn};
  return TryEach(call, kAttempts, Order::kAsWritten);
}

Status Multiply(NodeCall& call) {
  constexpr Attempt kAttempts[] = {
      MultiplySizes,  MultiplyNumbers, MultiplyDistances, MultiplyIndex,     CountPlaces,
      MultiplyChoice, ScaleWords,      SquareOf,          MultiplyByInverse, MultiplyNorm,
      MultiplyByGate, MultiplyGated,   ScaleHeads,        ScaleScores,       MultiplyPositions,
      ScaleWave,      TurnPart,        TurnWhole,         ScaleForActivation};
  return TryEach(call, kAttempts, Order::kEither);
}

Status Divide(NodeCall& call) {
  constexpr Attempt kAttempts[] = {DivideSizes,       DivideNumbers,      DivideDistances,
                                   DivideByDeviation, InvertDeviation,    DivideHeads,
                                   DivideScores,      DivideForActivation};
  return TryEach(call, kAttempts, Order::kAsWritten);
}

Status MatMul(NodeCall& call) {
  constexpr Attempt kAttempts[] = {MultiplyWeights, MultiplyHalfWeights, MultiplyHeads, MixValues,
                                   MultiplyFrequencies};
  return TryEach(call, kAttempts, Order::kAsWritten);
}

Status Raise(NodeCall& call) {
  constexpr Attempt kAttempts[] = {Power};
  return TryEach(call, kAttempts, Order::kAsWritten);
}

// -1 times an input.
Status Negate(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.in(0) == nullptr) return Unfit("an input");
  if (const Symbol* part = NegatePart(call, *call.in(0))) return call.Pass(part);
  const Symbol minus_one{.kind = Kind::kSizes, .sizes = {{-1}}};
  const Symbol* index = MultiplyIndex(call, *call.in(0), minus_one);
  return index == nullptr ? Unfit("positions, or a part of a head") : call.Pass(index);
}

Status Identity(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.in(0) == nullptr) return Unfit("an input");
  return call.Pass(call.in(0));
}

struct Row {
  std::string_view op_type;
  Rule rule;
};

constexpr Row kRules[] = {
    {"Abs", Abs},
    {"Add", Add},
    {"And", And},
    {"Attention", Attention},
    {"Cast", Cast},
    {"Clip", Clip},
    {"Concat", Concat},
    {"ConstantOfShape", ConstantOfShape},
    {"Cos", Cosine},
    {"CumSum", CumSum},
    {"Div", Divide},
    {"Equal", Equal},
    {"Erf", Erf},
    {"Expand", Expand},
    {"Gather", Gather},
    {"GatherElements", GatherElements},
    {"GatherND", GatherNd},
    {"Gelu", Gelu},
    {"Greater", Compare},
    {"GreaterOrEqual", Compare},
    {"Identity", Identity},
    {"IsNaN", IsNan},
    {"LayerNormalization", LayerNormalization},
    {"Less", Compare},
    {"LessOrEqual", Compare},
    {"Log", Log},
    {"MatMul", MatMul},
    {"Max", Max},
    {"Min", Min},
    {"Mul", Multiply},
    {"Neg", Negate},
    {"Not", Not},
    {"Pow", Raise},
    {"RMSNormalization", RmsNormalization},
    {"Range", Range},
    {"Reciprocal", Reciprocal},
    {"ReduceMean", ReduceMean},
    {"Relu", Relu},
    {"Reshape", Reshape},
    {"RotaryEmbedding", RotaryEmbedding},
    {"Shape", ShapeOfValue},
    {"Sigmoid", Sigmoid},
    {"SimplifiedLayerNormalization", SimplifiedLayerNormalization},
    {"Sin", Sine},
    {"Slice", Slice},
    {"Softmax", Softmax},
    {"Split", Split},
    {"Sqrt", Sqrt},
    {"Squeeze", Squeeze},
    {"Sub", Subtract},
    {"Tanh", Tanh},
    {"Transpose", Transpose},
    {"Unsqueeze", Unsqueeze},
    {"Where", Where},
};

// Of domain com.microsoft, where names of ONNX mean something else.
constexpr Row kRuntimeRules[] = {
    {"Attention", RuntimeAttention},
    {"BiasGelu", BiasGelu},
    {"EmbedLayerNormalization", EmbedLayerNormalization},
    {"FastGelu", FastGelu},
    {"FusedMatMul", FusedMatMul},
    {"Gelu", RuntimeGelu},
    {"MultiHeadAttention", MultiHeadAttention},
    {"QuickGelu", QuickGelu},
    {"SkipLayerNormalization", SkipLayerNormalization},
};

Rule FindIn(std::span<const Row> rules, std::string_view op_type) {
  const auto row =
      std::find_if(rules.begin(), rules.end(), [&](const Row& r) { return r.op_type == op_type; });
  return row == rules.end() ? nullptr : row->rule;
}

}  // namespace

Rule FindRule(std::string_view op_type) { return FindIn(kRules, op_type); }

Rule FindRuntimeRule(std::string_view op_type) { return FindIn(kRuntimeRules, op_type); }

}  // namespace vetor::recogniser
