// Rules for layer normalisation and RMS normalisation, fused and written out. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

struct NormParts {
  double epsilon = 0;
  const Symbol* weight = nullptr;  ///< Null: ones.
  const Symbol* bias = nullptr;    ///< Null: none.
};

/// The norm of token vectors or heads along their last axis; null for another value, and for a
/// weight or a bias that is not a vector of as many components.
const Symbol* NormWith(NodeCall& call, const Symbol& x, NormKind kind, const NormParts& parts);
Status LayerNormalization(NodeCall& call);
Status RmsNormalization(NodeCall& call);
/// RMS normalisation as ONNX Runtime's optimiser writes it, in the domain of ONNX. Of what is less
/// its mean, it is layer normalisation.
Status SimplifiedLayerNormalization(NodeCall& call);
Status ReduceMean(NodeCall& call);
Status Sqrt(NodeCall& call);
Status Reciprocal(NodeCall& call);
const Symbol* Centre(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* SquareOf(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddEpsilon(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* DivideByDeviation(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* InvertDeviation(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyByInverse(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyNorm(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddNormBias(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
