// Which runtime takes a model: vetor's own kernels, or ONNX Runtime.
#pragma once

#include <string>

#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// What is known of a model when its runtime is chosen.
struct RuntimeCandidate {
  bool has_graph = false;  ///< ONNX Runtime could run it.
  std::string unfit;       ///< Why vetor's own kernels cannot; empty: they can.
};

/// Why ONNX Runtime runs the model; empty: vetor's own kernels do. "auto" takes the kernels if the
/// provider list begins with the CPU and a kernel set faster than the portable one fits this
/// processor (or VETOR_CPU names one), or if nothing else can run the model: there is no graph, or
/// no ONNX Runtime, or nothing else computes in the precision (bf16). Looks for the library of ONNX
/// Runtime only if that decides. INVALID_ARGUMENT if VETOR_CPU is not a name: a misspelt one must
/// not choose another vector space.
Result<std::string> WhyNotNative(const EmbeddingsConfig& config, const RuntimeCandidate& model);

/// The native runtime computes on the CPU: UNAVAILABLE if the list of providers has none.
Status CheckNativeProviders(const OnnxConfig& onnx);

}  // namespace vetor
