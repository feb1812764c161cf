// Rules for heads whose axes exporters arrange in further ways: queries, keys and values of one
// linear layer along an axis of their own, and heads of all rows along one axis. See rule_table.h.
#pragma once

#include <cstdint>
#include <vector>

#include "encoder/recogniser/node_call.h"

namespace vetor::recogniser {

/// kHeadStack, [batch, tokens, parts, heads, dim], cut out of [batch, tokens, parts * heads * dim].
const Symbol* CutIntoStack(NodeCall& call, const Symbol& x, const Shape& target);
/// Part `index` of a kHeadStack as heads with an axis of size one in its place.
const Symbol* PartOfStack(NodeCall& call, const Symbol& x, size_t axis, int64_t index);
/// A kHeadStack `x` into its parts.
Status SplitStack(NodeCall& call, const Symbol& x);
/// Heads without the axes of size one.
const Symbol* SqueezeHeads(NodeCall& call, const Symbol& x, const std::vector<size_t>& axes);
/// [batch, heads, ...] as [batch * heads, ...], and back.
const Symbol* MergeHeads(NodeCall& call, const Symbol& x, const Shape& target);

}  // namespace vetor::recogniser
