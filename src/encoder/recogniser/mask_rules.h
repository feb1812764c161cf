// Rules for what a token sees: masks, and conditions on places. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status Cast(NodeCall& call);
Status Not(NodeCall& call);
Status And(NodeCall& call);
Status Where(NodeCall& call);
Status Compare(NodeCall& call);
Status Equal(NodeCall& call);
const Symbol* AddChoice(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* SubtractChoice(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyChoice(NodeCall& call, const Symbol& a, const Symbol& b);
/// What is added to the score of padding is at most this, as old exporters write it. (Our own
/// passes have no padding, so that nothing hangs on it.)
inline constexpr double kHiddenScore = -1e4;
/// What is added to the score of a token that is too far away, or comes later, is at most this: no
/// score comes near to it, so nothing is left of the token's share.
inline constexpr double kHiddenPlace = -1e9;
/// That both hold; nullopt where they lie along different axes.
std::optional<Mask> BothMasks(const Symbol& a, const Symbol& b, const Shape& shape);

}  // namespace vetor::recogniser
