#include "encoder/recogniser/runtime_rules.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/recogniser/activation_rules.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/norm_rules.h"
#include "encoder/recogniser/pooling_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

// In both operators with a norm.
constexpr double kDefaultNormEpsilon = double{1e-12F};

Status Activate(NodeCall& call, const Symbol* x, const Symbol* bias, Activation activation) {
  if (x != nullptr && bias != nullptr) x = AddBias(call, *x, *bias);
  const Symbol* found = x == nullptr ? nullptr : Activated(call, *x, activation);
  return found == nullptr ? Unfit("the output of a linear layer, and at most one bias")
                          : call.Pass(found);
}

// x + skip, as vectors of tokens or as lookups. The skip may be the same for all rows; x may not.
const Symbol* SumWithSkip(NodeCall& call, const Symbol& x, const Symbol& skip) {
  const Symbol* sum = AddLookups(call, x, skip);
  if (sum == nullptr) sum = AddLookups(call, skip, x);
  if (sum == nullptr) sum = AddResidual(call, x, skip);
  return sum != nullptr && sum->shape == x.shape ? sum : nullptr;
}

// The same where one of the two gets a bias.
const Symbol* SumWithBias(NodeCall& call, const Symbol& x, const Symbol& skip, const Symbol& bias) {
  if (const Symbol* biased = AddBias(call, x, bias)) return SumWithSkip(call, *biased, skip);
  const Symbol* biased = AddBias(call, skip, bias);
  return biased == nullptr ? nullptr : SumWithSkip(call, x, *biased);
}

// The sum of rows of up to three tables. The optimiser may put positions and their table where
// token types have their place and the other way round, so that the ids say what a table holds.
const Symbol* EmbeddingSum(NodeCall& call) {
  const Symbol* positions = call.in(8);
  if (positions == nullptr) {  // 0, 1, ... along the row.
    positions =
        call.New({.kind = Kind::kIndex, .shape = {Extent(), kTokensExtent}, .steps = {0, 1}});
  }
  const Symbol* sum = LookUpRows(call, *call.in(2), *call.in(0));
  for (const auto& [table, ids] : {std::pair{call.in(3), positions}, {call.in(4), call.in(1)}}) {
    if (sum == nullptr || table == nullptr) break;
    const Symbol* rows = LookUpRows(call, *table, *ids);
    sum = rows == nullptr ? nullptr : AddLookups(call, *sum, *rows);
  }
  return sum;
}

}  // namespace

Status RefuseUnlessZero(const NodeCall& call, std::initializer_list<std::string_view> attributes) {
  for (const std::string_view name : attributes) {
    const int64_t value = call.Int(name).value_or(0);
    if (value == 0) continue;
    return Unfit("0 as attribute " + Quoted(name) + ", found " + std::to_string(value));
  }
  return Status();
}

Status BiasGelu(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  if (call.inputs.size() != 2 || call.in(1) == nullptr) return Unfit("an input and its bias");
  return Activate(call, call.in(0), call.in(1), Activation::kGelu);
}

Status RuntimeGelu(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  return Activate(call, call.in(0), nullptr, Activation::kGelu);
}

Status FastGelu(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({}));
  return Activate(call, call.in(0), call.in(1), Activation::kGeluTanh);
}

Status QuickGelu(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"alpha"}));
  constexpr double kQuickFactor = 1.702;
  const double alpha = OnnxFloat(call.node, "alpha").value_or(kQuickFactor);
  if (alpha == 1) return Activate(call, call.in(0), nullptr, Activation::kSilu);
  if (Near(alpha, kQuickFactor)) return Activate(call, call.in(0), nullptr, Activation::kQuickGelu);
  return Unfit("1.702 or 1 as attribute \"alpha\", found " + std::to_string(alpha));
}

Status SkipLayerNormalization(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"epsilon"}));
  for (size_t i = 0; i < 3; ++i) {
    if (call.in(i) == nullptr) return Unfit("two values to be added and a factor of their norm");
  }
  const Symbol* bias = call.in(4);
  const Symbol* sum = bias == nullptr ? SumWithSkip(call, *call.in(0), *call.in(1))
                                      : SumWithBias(call, *call.in(0), *call.in(1), *bias);
  if (sum == nullptr) {
    return Unfit("token vectors of one shape to be added, and a bias that a linear layer lacks");
  }
  const NormParts parts{.epsilon = OnnxFloat(call.node, "epsilon").value_or(kDefaultNormEpsilon),
                        .weight = call.in(2),
                        .bias = call.in(3)};
  const Symbol* norm = NormWith(call, *sum, NormKind::kLayerNorm, parts);
  if (norm == nullptr) return Unfit("a factor and perhaps a bias for each component");
  constexpr size_t kSumOutput = 3;
  if (call.outputs.size() > kSumOutput) call.outputs[kSumOutput] = sum;
  return call.Pass(norm);
}

Status EmbedLayerNormalization(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"epsilon", "mask_index_type"}));
  for (const size_t needed : {0U, 2U, 3U, 5U, 6U}) {
    if (call.in(needed) == nullptr) {
      return Unfit("ids, tables of words and positions, factor and bias of the norm");
    }
  }
  if ((call.in(1) == nullptr) != (call.in(4) == nullptr)) {
    return Unfit("token types and their table, or neither");
  }
  const Symbol* sum = EmbeddingSum(call);
  if (sum == nullptr) return Unfit("ids, token types and positions as rows of their tables");
  const NormParts parts{.epsilon = OnnxFloat(call.node, "epsilon").value_or(kDefaultNormEpsilon),
                        .weight = call.in(5),
                        .bias = call.in(6)};
  const Symbol* norm = NormWith(call, *sum, NormKind::kLayerNorm, parts);
  if (norm == nullptr) return Unfit("a factor and a bias for each component");
  // Without a mask the lengths are zeros, which a reader would not expect.
  const Symbol* mask = call.in(7);
  if (call.outputs.size() > 1 && mask != nullptr && mask->shape.size() == 2 && IsPresence(*mask)) {
    call.outputs[1] = call.New({.kind = Kind::kWeightTotal, .shape = {kBatchExtent}});
  }
  return call.Pass(norm);
}

Status FusedMatMul(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"alpha", "transA", "transB", "transBatchA", "transBatchB"}));
  VETOR_RETURN_IF_ERROR(RefuseUnlessZero(call, {"transA", "transBatchA", "transBatchB"}));
  if (call.in(0) == nullptr || call.in(1) == nullptr) return Unfit("two inputs");
  const Symbol* b = call.in(1);
  const int64_t turned = call.Int("transB").value_or(0);
  if (turned != 0 && turned != 1) return Unfit("0 or 1 as attribute \"transB\"");
  if (turned == 1) b = TurnedKeys(call, *b);
  const Symbol* scores = b == nullptr ? nullptr : MultiplyHeads(call, *call.in(0), *b);
  if (scores != nullptr) {
    Symbol alpha{.kind = Kind::kNumber};
    alpha.number = OnnxFloat(call.node, "alpha").value_or(1);
    scores = ScaleScores(call, *scores, alpha);
  }
  return scores == nullptr ? Unfit("queries and keys of as many heads, and a plain factor")
                           : call.Pass(scores);
}

}  // namespace vetor::recogniser
