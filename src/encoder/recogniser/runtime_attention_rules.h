// Rules for the attention that ONNX Runtime's optimisers make of many operators (domain
// com.microsoft), as docs/ContribOperators.md of microsoft/onnxruntime says. See rule_table.h.
//
// A text of ours has no padding, so that a mask by key and the number of tokens per row say the
// same. What only decoders have is refused: past keys, masks by place, rotary angles inside.
#pragma once

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Queries, keys and values as one product with weights [features, queries | keys | values].
Status RuntimeAttention(NodeCall& call);

/// Queries, keys and values [batch, tokens, heads * dim] as three inputs, with one bias for all.
Status MultiHeadAttention(NodeCall& call);

}  // namespace vetor::recogniser
