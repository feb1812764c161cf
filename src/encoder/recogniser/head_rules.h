// Rules for vectors that are cut into the heads of attention. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status Transpose(NodeCall& call);
/// kHeads as they are, or with the norm that a kNorm gave them; nullopt for anything else.
std::optional<Heads> HeadsOf(const Symbol& symbol);
const Symbol* ReshapeHeads(NodeCall& call, const Symbol& x, const Shape& target);
const Symbol* UnsqueezeHeads(NodeCall& call, const Symbol& x, const std::vector<size_t>& axes);
const Symbol* RepeatHeads(NodeCall& call, const Symbol& x, const Shape& target);
const Symbol* ScaleHeads(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* DivideHeads(NodeCall& call, const Symbol& a, const Symbol& b);
/// kHeads as one symbol for all parts of a head, whatever norm it has; null for anything else, or
/// if the components do not lie along the last axis.
const Symbol* WholeOf(NodeCall& call, const Symbol& x);
/// Components [begin, end) of each head.
const Symbol* ComponentsOf(NodeCall& call, const Symbol& x, int64_t begin, int64_t end);

}  // namespace vetor::recogniser
