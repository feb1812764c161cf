// Rotary positions as transformers writes them: x cos + rotate_half(x) sin, with angles that stand
// twice side by side; and the operator RotaryEmbedding. See rule_table.h.
#pragma once

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status RotaryEmbedding(NodeCall& call);
/// Frequencies [1, n, 1] times places [1, 1, tokens]: angles whose axes are turned.
const Symbol* MultiplyFrequencies(NodeCall& call, const Symbol& a, const Symbol& b);
/// The same angles twice; null for other inputs.
const Symbol* JoinAngles(NodeCall& call);
/// (-second half, first half) of a head; null for other inputs.
const Symbol* JoinRotated(NodeCall& call);
/// A part of a head with the other sign.
const Symbol* NegatePart(NodeCall& call, const Symbol& x);
const Symbol* TurnWhole(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddWholes(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
