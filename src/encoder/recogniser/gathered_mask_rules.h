// Rules for masks as transformers writes them from 5.0 on: attention_mask is read at coordinates
// (row, token), and a condition that always holds is joined to it. See rule_table.h.
#pragma once

#include <optional>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status GatherNd(NodeCall& call);
Status GatherElements(NodeCall& call);
Status IsNan(NodeCall& call);
/// Of places, of which only the shape of the result is known.
Status Max(NodeCall& call);
/// Rows and tokens of a mask, side by side along a last axis of two; null for other inputs.
const Symbol* JoinCoordinates(NodeCall& call);
/// Shares where they are numbers, which they are for each token: it sees itself. Null for other
/// inputs.
const Symbol* ChooseShares(NodeCall& call);
/// a <= b or, unless `equal_too`, a < b for a number and places that begin with it: it always
/// holds.
std::optional<Symbol> AlwaysBelow(const Symbol& a, const Symbol& b, bool equal_too);

}  // namespace vetor::recogniser
