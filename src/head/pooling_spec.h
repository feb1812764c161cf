// How a model's token vectors become one vector per text: a plain struct, and the one table of its
// modes. The room model/ reads it from the model folder, and the pooler carries it out.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/choices.h"
#include "vetor/status.h"

namespace vetor {

enum class DenseActivation { kIdentity, kTanh, kRelu, kGelu, kSigmoid };

/// y = activation(W x + b), sentence-transformers' Dense module.
struct DenseLayer {
  size_t in_features = 0;
  size_t out_features = 0;
  std::vector<float> weight;  ///< [out_features, in_features], row-major.
  std::vector<float> bias;    ///< [out_features], or empty.
  DenseActivation activation = DenseActivation::kTanh;
};

struct PoolingSpec {
  /// Several modes concatenate in the order given, as a list in `pooling_mode` does.
  std::vector<PoolingMode> modes = {PoolingMode::kMean};
  bool include_prompt = true;  ///< False: the prompt's tokens do not count in pooling.
  std::vector<DenseLayer> dense;
  bool normalize = true;  ///< L2, x / max(|x|, 1e-12).
  size_t dim = 0;         ///< Keep the first components, then renormalise. 0: all.
};

/// One row per mode, in the order of the enumeration: its name, and what both generations of
/// sentence-transformers' files call it.
struct PoolingModeNames {
  PoolingMode mode;
  std::string_view name;         ///< In settings and messages, and in `pooling_mode`.
  std::string_view boolean_key;  ///< In files of the old generation: "pooling_mode_cls_token".
  std::string_view alias;        ///< Another name that is understood.
};
inline constexpr std::array kPoolingModes = {
    PoolingModeNames{PoolingMode::kCls, ToString(PoolingMode::kCls), "pooling_mode_cls_token",
                     "cls_token"},
    PoolingModeNames{PoolingMode::kMax, ToString(PoolingMode::kMax), "pooling_mode_max_tokens",
                     "max_tokens"},
    PoolingModeNames{PoolingMode::kMean, ToString(PoolingMode::kMean), "pooling_mode_mean_tokens",
                     "mean_tokens"},
    PoolingModeNames{PoolingMode::kMeanSqrtLen, ToString(PoolingMode::kMeanSqrtLen),
                     "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len"},
    PoolingModeNames{PoolingMode::kWeightedMean, ToString(PoolingMode::kWeightedMean),
                     "pooling_mode_weightedmean_tokens", "weightedmean_tokens"},
    PoolingModeNames{PoolingMode::kLastToken, ToString(PoolingMode::kLastToken),
                     "pooling_mode_lasttoken", "last"},
};

/// "mean", "cls+max": names as in sentence-transformers' `pooling_mode`, joined with '+'.
std::string DescribePoolingModes(std::span<const PoolingMode> modes);

/// The inverse; also takes the aliases of the table.
/// INVALID_ARGUMENT names the unknown part and lists the modes.
Result<std::vector<PoolingMode>> ParsePoolingModes(std::string_view text);

}  // namespace vetor
