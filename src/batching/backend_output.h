// The struct that passes from a backend to a head: the result of one run.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace vetor {

/// What each vector of an output belongs to: one vector per token (the last hidden state, to be
/// pooled) or one per text (pooled already).
enum class OutputAxis { kTokens, kTexts };

/// `owner` keeps `values` alive; nothing is copied.
struct BackendOutput {
  std::span<const float> values;  ///< [tokens, width] or [rows, width], row-major float32.
  size_t width = 0;               ///< Components per vector.
  OutputAxis axis = OutputAxis::kTokens;
  std::shared_ptr<const void> owner = {};
  size_t padding_tokens = 0;  ///< Tokens that were computed in addition to the batch's own.
};

}  // namespace vetor
