// Norms and activations in the form that ONNX Runtime knows: a single node if the operator set has
// one, else the pattern that the runtime fuses into one kernel when it loads the graph.
#pragma once

#include <string_view>

#include "encoder/encoder.h"
#include "exporter/graph/graph_builder.h"

namespace vetor {

/// The norm along the last axis of x, which has `features` components.
Value EmitNorm(GraphBuilder* graph, const Value& x, const NormWeights& norm, int64_t features,
               std::string_view name);

Value EmitActivation(GraphBuilder* graph, const Value& x, Activation activation);

}  // namespace vetor
