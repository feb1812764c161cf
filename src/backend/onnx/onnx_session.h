// One ONNX Runtime session on the first execution provider that starts, and on the CPU a second one
// over the same weights for batches that are alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/onnx/alone_session.h"
#include "backend/onnx/graph_signature.h"
#include "backend/onnx/onnx_backend.h"
#include "backend/onnx/ort.h"
#include "backend/onnx/runtime_library.h"
#include "backend/onnx/shared_weights.h"
#include "vetor/status.h"

namespace vetor {

struct OnnxSession {
  std::unique_ptr<SharedWeights> weights;
  std::unique_ptr<Ort::Session> session;
  std::unique_ptr<AloneSession> alone;  ///< Null if there is no second session.
  int fast_norms = 0;  ///< Layer normalisations that were rewritten (norm_rewrite.h).
  GraphSignature signature;
  std::string provider;              ///< DescribeAssignment of the runtime's record.
  std::vector<std::string> skipped;  ///< Preferred providers that did not start, with the reason.
};

/// Tries the providers of `options` in order. REQUIRES: options.files. Errors as OpenOnnxBackend.
Result<OnnxSession> StartSession(const RuntimeLibrary& runtime, const OnnxBackendOptions& options);

}  // namespace vetor
