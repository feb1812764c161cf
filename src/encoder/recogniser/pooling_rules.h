// Rules for what comes after the token vectors: pooling by the mask, Dense layers, a cut, length 1.
// See rule_table.h.
#pragma once

#include <optional>
#include <string_view>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

bool HasPoolingStep(std::string_view op_type);

/// The answer of these rules to a node; nullopt if it is no step of pooling, so that another rule
/// has it. A row has at least one token.
std::optional<Status> PoolingStep(NodeCall& call);

}  // namespace vetor::recogniser
