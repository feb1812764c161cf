// How a model's token vectors become one vector a text. Read from the model folder by model/,
// carried out by pooling/: a plain struct that passes between the two.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vetor {

/// sentence-transformers' modes (sentence_transformers/models/Pooling.py). Several concatenate in
/// the order of this enum.
enum class PoolingMode { kCls, kMax, kMean, kMeanSqrtLen, kWeightedMean, kLastToken };

enum class DenseActivation { kIdentity, kTanh, kRelu, kGelu, kSigmoid };

/// y = activation(W x + b), sentence_transformers/models/Dense.py.
struct DenseLayer {
  size_t in_features = 0;
  size_t out_features = 0;
  std::vector<float> weight;  ///< [out_features, in_features], row-major.
  std::vector<float> bias;    ///< [out_features], or empty.
  DenseActivation activation = DenseActivation::kTanh;
};

struct PoolingSpec {
  std::vector<PoolingMode> modes = {PoolingMode::kMean};
  bool include_prompt = true;  ///< False: the prompt's tokens do not count in pooling.
  std::vector<DenseLayer> dense;
  bool normalize = true;       ///< L2, x / max(|x|, 1e-12).
  size_t dim = 0;              ///< Keep the first components, then renormalise. 0: all.
};

}  // namespace vetor
