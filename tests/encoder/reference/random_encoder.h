// Encoders with seeded random weights in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "encoder/encoder.h"

namespace vetor {

/// Owns the bytes behind the views that it returns.
class RandomTensors {
 public:
  explicit RandomTensors(uint32_t seed) : engine_(seed) {}

  /// Draws normal values around `mean` with the given deviation.
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

/// A post-LN encoder like BERT, with a vocabulary of 40, 32 positions, 16 hidden components, 4
/// heads and 24 inner components.
Encoder RandomBert(RandomTensors& tensors, int layers);

}  // namespace vetor
