// Rules for rotary positions. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status Cosine(NodeCall& call);
Status Sine(NodeCall& call);
const Symbol* MultiplyPositions(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* ScaleWave(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* TurnPart(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddTurned(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* SubtractTurned(NodeCall& call, const Symbol& a, const Symbol& b);
/// The axis of the positions in [1, 1, tokens, frequencies], counted from the end; 0: none.
size_t TokenAxisFromEnd(const Shape& shape);
/// Whether two kWave are of the same angles with the same factor.
bool SameRotary(const Symbol& a, const Symbol& b);
/// A head is the same if its symbol is, or if both were made of the same norm.
bool SameHead(const Symbol& a, const Symbol& b);
/// A head put together from its turned halves and what was left; null for anything else.
const Symbol* JoinHalves(NodeCall& call);

}  // namespace vetor::recogniser
