// Encoders of seeded random weights that live in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "encoder/encoder.h"

namespace vetor {

/// Owns the bytes behind the views that it hands out.
class RandomTensors {
 public:
  explicit RandomTensors(uint32_t seed) : engine_(seed) {}

  /// Normal with the given deviation around `mean`.
  TensorView Make(const std::string& name, std::vector<uint64_t> shape, double deviation,
                  double mean = 0);
  TensorView FromValues(const std::string& name, std::vector<uint64_t> shape,
                        const std::vector<float>& values);
  LinearWeights Linear(const std::string& name, uint64_t outputs, uint64_t inputs);
  NormWeights LayerNorm(const std::string& name, uint64_t features);

 private:
  std::mt19937 engine_;
  std::deque<std::vector<float>> storage_;
};

/// Post-LN like BERT: vocabulary 40, 32 positions, hidden 16, 4 heads, inner 24.
Encoder RandomBert(RandomTensors& tensors, int layers);

}  // namespace vetor
