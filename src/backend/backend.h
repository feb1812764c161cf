// The seam between batching and whatever computes: ONNX Runtime, hashing, later our own encoder.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "batching/token_batch.h"
#include "vetor/status.h"

namespace vetor {

/// What a backend reads from a TokenBatch.
enum class BackendInput { kTokenIds, kTexts };

/// What its output is: one vector a token (last hidden state), to be pooled, or one a text.
enum class BackendOutputKind { kTokenVectors, kTextVectors };

/// Fixed at start; tells batching how to form batches and the service what to report.
struct BackendTraits {
  std::string backend;    ///< "onnx", "hashing"
  std::string provider;   ///< "CPUExecutionProvider"; with a part elsewhere: "CUDAExecutionProvider
                          ///< (12 of 400 nodes on CPUExecutionProvider)"
  std::string precision;  ///< "fp32", "int8", "fp16", "bf16"
  std::string library;    ///< "onnxruntime 1.28.0", or empty
  BackendInput input = BackendInput::kTokenIds;
  BackendOutputKind output = BackendOutputKind::kTokenVectors;
  size_t width = 0;           ///< Components of an output vector.
  bool equal_lengths = true;  ///< All rows of a batch must have the same number of tokens.
  size_t max_rows = 0;        ///< Rows a batch; 0: no bound. 1 where rows influence each other.
  size_t max_tokens = 512;    ///< Tokens a batch (a single longer row still runs alone).
};

/// The result of one Run. `owner` keeps `values` alive; nothing is copied.
struct BackendOutput {
  std::span<const float> values;  ///< [tokens, width] or [rows, width], row-major float32.
  std::shared_ptr<const void> owner;
  size_t padding_tokens = 0;  ///< Computed beside the batch's own.
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
