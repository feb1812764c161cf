// What a graph makes of its token vectors: one vector per text.
#pragma once

#include <cstdint>
#include <vector>

#include "encoder/encoder.h"
#include "vetor/choices.h"

namespace vetor {

enum class TextActivation { kIdentity, kTanh, kRelu, kGelu, kSigmoid };

/// y = activation(x Wt + b)
struct TextLinear {
  LinearWeights linear;
  TextActivation activation = TextActivation::kIdentity;
};

/// In this order. All tokens count, a prompt's as well.
struct GraphPooling {
  std::vector<PoolingMode> modes;  ///< Side by side.
  std::vector<TextLinear> dense;
  uint64_t dim = 0;        ///< The first components alone; 0: all.
  bool normalize = false;  ///< To length 1.
};

}  // namespace vetor
