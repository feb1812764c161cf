// The one reader of a linear layer's weights, which lie by output (PyTorch) or by input (ONNX).
#pragma once

#include <cstddef>
#include <cstdint>

#include "encoder/encoder.h"

namespace vetor {

/// Some outputs and inputs of a layer. REQUIRES: it has them.
struct WeightBlock {
  uint64_t first_output = 0;
  uint64_t outputs = 0;
  uint64_t first_input = 0;
  uint64_t inputs = 0;
};

/// target[o * stride + i] for output o and input i of the block, as float32.
void ReadByOutput(const LinearWeights& linear, const WeightBlock& block, float* target,
                  size_t stride);

/// target[i * stride + o]: without a detour for weights that lie by input.
void ReadByInput(const LinearWeights& linear, const WeightBlock& block, float* target,
                 size_t stride);

}  // namespace vetor
