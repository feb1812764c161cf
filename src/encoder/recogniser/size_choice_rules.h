// Rules for sizes that torch chooses by comparing them: an expanded shape, whose -1 means "as it
// was", is Where(shape == -1, 1, shape). See rule_table.h.
#pragma once

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// The same whole number everywhere.
Status ConstantOfShape(NodeCall& call);
/// Inputs 0 and 1, element by element, as kTruths; null if they are no sizes, or if it is not
/// known.
const Symbol* EqualSizes(NodeCall& call);
/// Input 1 or 2, element by element, as the kTruths of input 0 say; null for other inputs.
const Symbol* ChooseSizes(NodeCall& call);

}  // namespace vetor::recogniser
