// Rules for the operators that ONNX Runtime's optimisers make of several (domain com.microsoft):
// activations, norms, the embedding and products. What each operator does is said by
// docs/ContribOperators.md of microsoft/onnxruntime. Attention is in runtime_attention_rules.h. See
// rule_table.h.
#pragma once

#include <initializer_list>
#include <string_view>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// UNIMPLEMENTED with the attribute's name if one of these is there and is not 0.
Status RefuseUnlessZero(const NodeCall& call, std::initializer_list<std::string_view> attributes);

/// gelu(x + bias) with erf.
Status BiasGelu(NodeCall& call);
/// gelu(x) with erf.
Status RuntimeGelu(NodeCall& call);
/// gelu(x) or gelu(x + bias) by its tanh formula, never with erf.
Status FastGelu(NodeCall& call);
/// x sigmoid(alpha x), for alpha 1.702 and 1.
Status QuickGelu(NodeCall& call);
/// norm(x + skip + bias) and, as output 3, the sum.
Status SkipLayerNormalization(NodeCall& call);
/// norm(word + position + token type) and, as output 1, how many tokens the mask has.
Status EmbedLayerNormalization(NodeCall& call);
/// alpha * a * b, or alpha * a * transpose(b).
Status FusedMatMul(NodeCall& call);

}  // namespace vetor::recogniser
