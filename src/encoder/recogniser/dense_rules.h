// Rules for Dense layers behind pooling. See rule_table.h.
#pragma once

#include "encoder/recogniser/node_call.h"

namespace vetor::recogniser {

const Symbol* MultiplyText(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddTextBias(NodeCall& call);
const Symbol* TextGemm(NodeCall& call);
const Symbol* ActivateText(NodeCall& call);

}  // namespace vetor::recogniser
