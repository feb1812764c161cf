// The operator Attention, from operator set 23 on. See rule_table.h.
#pragma once

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Of query, key and value as heads [batch, heads, tokens, dim], with a mask that is added.
Status Attention(NodeCall& call);

}  // namespace vetor::recogniser
