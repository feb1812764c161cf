// Layer normalisation in nodes that ONNX Runtime's CPU provider computes fast.
//
// Its LayerNormalization kernel (1.28, fp32) adds up a row with one running sum and takes 1,510 ns
// for a token of 384 numbers: 15 % of MiniLM's time, 24 to 28 % of its int8 file's.
// InstanceNormalization is the same formula, (x - mean) / sqrt(variance + epsilon) over the last
// axis, computed in two vectorised passes: 98 ns, and about 50 more for Mul and Add. Whole runs
// gain 13 % in fp32 (62.6 -> 55.1 ms for 2 x 240 tokens); the vectors move by 2e-6 of values up
// to 6.
//
// The file stays as it is, in the form that other programs and devices know: the graph is rewritten
// when a session is opened from it.
#pragma once

#include <string>

#include "formats/onnx/graph_view.h"
#include "vetor/status.h"

namespace vetor {

struct RewrittenGraph {
  std::string model;  ///< ModelProto.
  int norms = 0;      ///< The number of norms that were rewritten; if 0, `model` is empty.
};

/// Rewrites LayerNormalization nodes over the last axis, and the equivalent pattern of small nodes
/// that exporters emit (ReduceMean, Sub, Pow or Mul, ReduceMean, Add, Sqrt, Div). Both must be
/// followed by a Mul by a float32 vector whose length is a multiple of 16; other lengths would be
/// summed in an order that depends on their place in a batch. The large weights of `graph` are
/// taken out already (mapped_weights.h).
///
/// REQUIRES of the graph, and not visible in it: the normalised value has the shape
/// [batch, sequence, features], if "input_ids" is [batch, sequence]. If it has another shape, the
/// first run whose dimensions differ fails; the caller then opens the original graph. Errors:
/// DATA_LOSS if an attribute or a tensor's numbers are malformed.
Result<RewrittenGraph> RewriteLayerNorms(const OnnxGraphView& graph);

}  // namespace vetor
