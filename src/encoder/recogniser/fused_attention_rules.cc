#include "encoder/recogniser/fused_attention_rules.h"

#include <cmath>
#include <limits>

#include "base/status_macros.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/head_rules.h"

namespace vetor::recogniser {
namespace {

const Symbol* MaskedScores(NodeCall& call, double scale) {
  const Symbol* keys = TurnedKeys(call, *call.in(1));
  const Symbol* scores = keys == nullptr ? nullptr : MultiplyHeads(call, *call.in(0), *keys);
  if (scores == nullptr) return nullptr;
  Symbol factor{.kind = Kind::kNumber};
  factor.number = scale;
  scores = ScaleScores(call, *scores, factor);
  if (scores == nullptr) return nullptr;
  Symbol mask = *call.in(3);
  if (mask.kind == Kind::kChoice && mask.mask.truth) {
    // What is not true is hidden; 1 and 0 as numbers would be added.
    if (mask.mask.yes != 1 || mask.mask.no != 0) return nullptr;
    mask.mask.yes = 0;
    mask.mask.no = -std::numeric_limits<double>::infinity();
  }
  return MaskScores(call, *scores, mask);
}

}  // namespace

Status Attention(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(
      call.Only({"is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale",
                 "softcap", "softmax_precision"}));
  const bool plain = call.Int("is_causal").value_or(0) == 0 &&
                     call.Int("qk_matmul_output_mode").value_or(0) == 0 &&
                     call.Int("softmax_precision").value_or(1) == 1 &&
                     OnnxFloat(call.node, "softcap").value_or(0) == 0;
  if (!plain || call.inputs.size() != 4 || call.outputs.size() != 1) {
    return Unfit("queries, keys, values and a mask, without other options");
  }
  for (const Symbol* input : call.inputs) {
    if (input == nullptr || input->shape.size() != 4) return Unfit("heads along an axis");
  }
  const std::optional<Heads> query = HeadsOf(*call.in(0));
  if (!query) return Unfit("heads of queries");
  const double scale =
      OnnxFloat(call.node, "scale").value_or(1 / std::sqrt(static_cast<double>(query->dim)));
  const Symbol* scores = MaskedScores(call, scale);
  if (scores == nullptr) return Unfit("queries and keys of as many heads, and a mask that hides");
  const Symbol* shares = call.New({.kind = Kind::kShares, .shape = scores->shape, .of = scores});
  const Symbol* context = MixValues(call, *shares, *call.in(2));
  return context == nullptr ? Unfit("values of as many heads") : call.Pass(context);
}

}  // namespace vetor::recogniser
