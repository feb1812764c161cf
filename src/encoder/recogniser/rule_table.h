// The rules by which a node's meaning follows from what it reads, by operator. Each rule names the
// nodes that it knows; what it does not know is UNIMPLEMENTED, by Unfit.
#pragma once

#include <string_view>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Sets the outputs of a node.
using Rule = Status (*)(NodeCall& call);

/// Null for an operator without a rule.
Rule FindRule(std::string_view op_type);

/// The same for the operators of ONNX Runtime's own, domain com.microsoft.
Rule FindRuntimeRule(std::string_view op_type);

}  // namespace vetor::recogniser
