// What runs a model's graph: vetor's own kernels if they know it, else ONNX Runtime.
#pragma once

#include <memory>
#include <string>

#include "backend/backend.h"
#include "backend/onnx/onnx_backend.h"
#include "model/model_folder.h"
#include "model/probes.h"
#include "tokenizer/tokenizer.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// Borrowed, all set but `probes`.
struct GraphRequest {
  const EmbeddingsConfig* config = nullptr;
  const ModelFolder* model = nullptr;
  const Tokenizer* tokenizer = nullptr;
  const OnnxBackendOptions* onnx = nullptr;
  const Probes* probes = nullptr;  ///< The recorded vectors; null: none.
};

struct GraphRuntime {
  std::unique_ptr<Backend> backend;
  std::string why_not_native;         ///< As ServiceInfo::runtime_reason.
  bool compared_with_probes = false;  ///< The backend's vectors are the recorded ones.
};

/// Opens the graph as the runtime of the settings says. Our own kernels take it if the recogniser
/// knows it (encoder/recogniser), WhyNotNative does not object, and its vectors agree: with the
/// recorded ones, else with ONNX Runtime's if it is installed, else with the reference pass. If
/// they do not, "auto" takes ONNX Runtime and says why, and "native" is an error: UNIMPLEMENTED
/// names the node that is not known, INTERNAL says how far the vectors are apart.
Result<GraphRuntime> OpenGraph(const GraphRequest& request);

/// Why our own kernels cannot run the folder's graph; empty: they can, but for a disagreement.
std::string WhyGraphIsUnfit(const ModelFolder& model);

}  // namespace vetor
