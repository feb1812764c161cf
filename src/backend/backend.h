// The interface between batching and the code that computes: ONNX Runtime, our own kernels or
// hashing.
#pragma once

#include <cstddef>
#include <string>

#include "batching/backend_output.h"
#include "batching/token_batch.h"
#include "vetor/status.h"

namespace vetor {

/// What a backend reads from a TokenBatch.
enum class BackendInput { kTokenIds, kTexts };

/// Facts that are fixed at start. They tell batching how to form batches, and the service what to
/// report.
struct BackendTraits {
  std::string backend;    ///< "onnx", "hashing"
  std::string provider;   ///< "CPUExecutionProvider"; if a part runs elsewhere:
                          ///< "CUDAExecutionProvider (12 of 400 nodes on CPUExecutionProvider)"
  std::string precision;  ///< "fp32", "int8", "fp16", "bf16"
  std::string library;    ///< "onnxruntime 1.28.0", "native (avx512)", or empty
  std::string numerics;  ///< For a runtime of our own: a part of the vector space's name beside the
                         ///< model, such as "native 1"; empty for other runtimes
  BackendInput input = BackendInput::kTokenIds;
  OutputAxis output_axis = OutputAxis::kTokens;  ///< Of every output.
  size_t width = 0;                              ///< Components of every output vector.
  bool equal_lengths = true;  ///< All rows of a batch must have the same number of tokens.
  size_t max_rows = 0;        ///< Rows per batch; 0: no bound. 1 if rows influence each other.
  size_t max_tokens = 512;  ///< Tokens per batch (a longer row still runs, in a batch of its own).
};

/// Thread-safe: workers call Run on one backend at the same time.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const BackendTraits& traits() const = 0;

  /// Computes one batch. Errors: INTERNAL with the runtime's own message (made valid UTF-8).
  virtual Result<BackendOutput> Run(const TokenBatch& batch) = 0;
};

}  // namespace vetor
