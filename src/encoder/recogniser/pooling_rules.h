// Rules for what comes after the token vectors: pooling by the mask, Dense layers, a cut, length 1.
// See rule_table.h.
#pragma once

#include <optional>
#include <string_view>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Whether the symbol is 1 at tokens and 0 at padding, along an axis of rows and one of tokens.
bool IsPresence(const Symbol& symbol);

/// The one axis of a reduction, which is an input from `since` on; nullopt if it is not known.
std::optional<size_t> ReducedAxis(const NodeCall& call, int64_t since);

bool HasPoolingStep(std::string_view op_type);

/// The answer of these rules to a node; nullopt if it is no step of pooling, so that another rule
/// has it. A row has at least one token.
std::optional<Status> PoolingStep(NodeCall& call);

}  // namespace vetor::recogniser
