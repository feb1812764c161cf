// Rules for scores, shares and what attention makes of values. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status Softmax(NodeCall& call);
/// Keys "bhtd" as MatMul reads them, "bhdt"; null for another order.
const Symbol* TurnedKeys(NodeCall& call, const Symbol& key);
const Symbol* MultiplyHeads(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MixValues(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* ScaleScores(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* DivideScores(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MaskScores(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddDistanceBias(NodeCall& call, const Symbol& a, const Symbol& b);
/// A bias by distance that is the same for all rows, as one per row.
const Symbol* RepeatBias(NodeCall& call, const Symbol& x, const Shape& target);
const Symbol* LookUpDistances(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
