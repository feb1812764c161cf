// Rules for float16. The exporter keeps weights in it and casts what a product with them reads and
// gives; everything else is float32. Our own kernels compute the products in float32 of the same
// weights: the two roundings of each product are left out, and nothing else.
//
// Graphs that ONNX Runtime's optimiser fused may be in float16 as a whole. Their operators compute
// in float32 and round what they give (bge-small: the unit vectors of 300 queries differ by 4.5e-4
// at most from those without any rounding), and these roundings are left out as well. Softmax,
// residuals and activations as operators of their own stay with float32. See rule_table.h.
#pragma once

#include "encoder/recogniser/node_call.h"
#include "formats/onnx/element_type.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// UNIMPLEMENTED if the node is one that reads float32, and reads anything else, or if it may be in
/// float16 and only some of its inputs are.
Status CheckFloatTypes(const NodeCall& call);

/// A cast of weights and token vectors to float32 or of token vectors to float16; null for another
/// cast.
const Symbol* CastFloats(NodeCall& call, const Symbol& x, OnnxElement to);

/// A product in float16.
const Symbol* MultiplyHalfWeights(NodeCall& call, const Symbol& a, const Symbol& b);
/// A product in float32 or float16.
const Symbol* MultiplyAnyWeights(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
