// Rules for a token that is found by its place in the row: the first or the last that the mask has.
// See rule_table.h.
#pragma once

#include "encoder/recogniser/node_call.h"

namespace vetor::recogniser {

/// The mask from its end, in steps of -1.
const Symbol* FlipMask(NodeCall& call);
/// The first place of the mask, or of the flipped one, that has a token.
const Symbol* FirstPlace(NodeCall& call);
/// Whether a row has any token: it has.
const Symbol* AnyToken(NodeCall& call);
/// tokens - 1, the place that a row without any token gets.
const Symbol* LastColumn(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* ChooseIfEmpty(NodeCall& call);
/// tokens - places behind the last token, and then - 1
const Symbol* CountFromFront(NodeCall& call);
const Symbol* UnsqueezePlace(NodeCall& call);
const Symbol* ExpandPlace(NodeCall& call);
/// The token vectors at the places.
const Symbol* TakePlace(NodeCall& call);

}  // namespace vetor::recogniser
