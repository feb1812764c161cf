// The seam between batching and whatever computes: ONNX Runtime, our own kernels or hashing.
#pragma once

#include <cstddef>
#include <string>

#include "batching/backend_output.h"
#include "batching/token_batch.h"
#include "vetor/status.h"

namespace vetor {

/// What a backend reads from a TokenBatch.
enum class BackendInput { kTokenIds, kTexts };

/// Fixed at start; tells batching how to form batches and the service what to report.
struct BackendTraits {
  std::string backend;    ///< "onnx", "hashing"
  std::string provider;   ///< "CPUExecutionProvider"; with a part elsewhere: "CUDAExecutionProvider
                          ///< (12 of 400 nodes on CPUExecutionProvider)"
  std::string precision;  ///< "fp32", "int8", "fp16", "bf16"
  std::string library;    ///< "onnxruntime 1.28.0", "native (avx512)", or empty
  std::string numerics;   ///< Of a runtime of our own: what a vector space is named by beside the
                          ///< model, e.g. "native 1"; empty for others
  BackendInput input = BackendInput::kTokenIds;
  OutputAxis output_axis = OutputAxis::kTokens;  ///< Of every output.
  size_t width = 0;                              ///< Components of every output vector.
  bool equal_lengths = true;  ///< All rows of a batch must have the same number of tokens.
  size_t max_rows = 0;        ///< Rows a batch; 0: no bound. 1 where rows influence each other.
  size_t max_tokens = 512;    ///< Tokens a batch (a single longer row still runs alone).
};

/// Thread-safe: workers call Run on one backend at the same time.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const BackendTraits& traits() const = 0;

  /// Computes one batch. Errors: INTERNAL with the runtime's own words (made valid UTF-8).
  virtual Result<BackendOutput> Run(const TokenBatch& batch) = 0;
};

}  // namespace vetor
