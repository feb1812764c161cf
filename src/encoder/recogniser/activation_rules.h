// Rules for activations, fused and written out. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// The activation of a linear layer; null for another value.
const Symbol* Activated(NodeCall& call, const Symbol& x, Activation activation);
/// The text of attribute "approximate"; "none" without it.
std::string_view GeluForm(const OnnxNodeView& node);
Status Gelu(NodeCall& call);
Status Relu(NodeCall& call);
Status Sigmoid(NodeCall& call);
Status Erf(NodeCall& call);
Status Tanh(NodeCall& call);
const Symbol* Power(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* ScaleForActivation(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* DivideForActivation(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* Bend(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddOne(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyByGate(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyGated(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
