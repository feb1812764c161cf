// Rules for MPNet's bias by distance as transformers writes it: the bucket of each pair of places
// is computed in the graph, with a logarithm. What is computed of a distance alone is a table of
// its values by distance (kByDistance), in float32 as the graph computes it, and the bias is taken
// over only if that table is the one of the encoder's own buckets. See rule_table.h.
#pragma once

#include <cstdint>

#include "encoder/recogniser/node_call.h"
#include "formats/onnx/element_type.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Tables go from -kFurthest to kFurthest. An encoder whose rows may be longer is refused.
inline constexpr int64_t kFurthest = 1024;

Status Log(NodeCall& call);
Status Min(NodeCall& call);
/// A function of distance as another type; null for other values.
const Symbol* CastDistances(NodeCall& call, const Symbol& x, OnnxElement to);
const Symbol* AddDistances(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplyDistances(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* DivideDistances(NodeCall& call, const Symbol& a, const Symbol& b);
/// Input 1 or 2 by the mask of input 0, all functions of distance; null for other inputs.
const Symbol* ChooseDistances(NodeCall& call);
/// Rows of a table of buckets.
const Symbol* LookUpBuckets(NodeCall& call, const Symbol& table, const Symbol& indices);

}  // namespace vetor::recogniser
