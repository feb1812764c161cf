// Rules for positions and distances of tokens. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status CumSum(NodeCall& call);
Status Abs(NodeCall& call);
Status Clip(NodeCall& call);
const Symbol* AddIndex(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* SubtractIndex(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyIndex(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* ShiftClipped(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* CountPlaces(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddPadding(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
