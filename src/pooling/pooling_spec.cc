#include "pooling/pooling_spec.h"

#include <array>
#include <utility>

namespace vetor {
namespace {

struct ModeName {
  std::string_view name;
  PoolingMode mode;
};

// The first name of a mode is the one that DescribePoolingModes gives.
constexpr std::array kModeNames = {
    ModeName{"cls", PoolingMode::kCls},
    ModeName{"max", PoolingMode::kMax},
    ModeName{"mean", PoolingMode::kMean},
    ModeName{"mean_sqrt_len_tokens", PoolingMode::kMeanSqrtLen},
    ModeName{"weightedmean", PoolingMode::kWeightedMean},
    ModeName{"lasttoken", PoolingMode::kLastToken},
    ModeName{"cls_token", PoolingMode::kCls},
    ModeName{"max_tokens", PoolingMode::kMax},
    ModeName{"mean_tokens", PoolingMode::kMean},
    ModeName{"mean_sqrt_len", PoolingMode::kMeanSqrtLen},
    ModeName{"weightedmean_tokens", PoolingMode::kWeightedMean},
    ModeName{"last", PoolingMode::kLastToken},
};

}  // namespace

std::string DescribePoolingModes(std::span<const PoolingMode> modes) {
  std::string text;
  for (const PoolingMode mode : modes) {
    for (const ModeName& known : kModeNames) {
      if (known.mode != mode) continue;
      if (!text.empty()) text += '+';
      text += known.name;
      break;
    }
  }
  return text;
}

Result<std::vector<PoolingMode>> ParsePoolingModes(std::string_view text) {
  std::vector<PoolingMode> modes;
  while (true) {
    const size_t plus = text.find('+');
    const std::string_view part = text.substr(0, plus);
    const size_t before = modes.size();
    for (const ModeName& known : kModeNames) {
      if (known.name == part) modes.push_back(known.mode);
    }
    if (modes.size() == before) {
      return InvalidArgumentError(
          "unknown pooling mode \"" + std::string(part) +
          "\"; expected cls, max, mean, mean_sqrt_len_tokens, weightedmean or lasttoken, or "
          "several joined with '+'");
    }
    if (plus == std::string_view::npos) return modes;
    text.remove_prefix(plus + 1);
  }
}

}  // namespace vetor
