#include "head/pooling_spec.h"

#include <array>
#include <utility>

namespace vetor {
namespace {

constexpr std::array kModes = {
    PoolingModeNames{PoolingMode::kCls, "cls", "pooling_mode_cls_token", "cls_token"},
    PoolingModeNames{PoolingMode::kMax, "max", "pooling_mode_max_tokens", "max_tokens"},
    PoolingModeNames{PoolingMode::kMean, "mean", "pooling_mode_mean_tokens", "mean_tokens"},
    PoolingModeNames{PoolingMode::kMeanSqrtLen, "mean_sqrt_len_tokens",
                     "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len"},
    PoolingModeNames{PoolingMode::kWeightedMean, "weightedmean", "pooling_mode_weightedmean_tokens",
                     "weightedmean_tokens"},
    PoolingModeNames{PoolingMode::kLastToken, "lasttoken", "pooling_mode_lasttoken", "last"},
};

// "cls, max, ... or lasttoken".
std::string Listed() {
  std::string text;
  for (size_t i = 0; i < kModes.size(); ++i) {
    text += i == 0 ? "" : i + 1 == kModes.size() ? " or " : ", ";
    text += kModes[i].name;
  }
  return text;
}

}  // namespace

std::span<const PoolingModeNames> PoolingModeTable() { return kModes; }

std::string DescribePoolingModes(std::span<const PoolingMode> modes) {
  std::string text;
  for (const PoolingMode mode : modes) {
    if (!text.empty()) text += '+';
    text += kModes[static_cast<size_t>(mode)].name;
  }
  return text;
}

Result<std::vector<PoolingMode>> ParsePoolingModes(std::string_view text) {
  std::vector<PoolingMode> modes;
  while (true) {
    const size_t plus = text.find('+');
    const std::string_view part = text.substr(0, plus);
    const size_t before = modes.size();
    for (const PoolingModeNames& known : kModes) {
      if (part == known.name || part == known.alias) modes.push_back(known.mode);
    }
    if (modes.size() == before) {
      return InvalidArgumentError("unknown pooling mode \"" + std::string(part) + "\"; expected " +
                                  Listed() + ", or several joined with '+'");
    }
    if (plus == std::string_view::npos) return modes;
    text.remove_prefix(plus + 1);
  }
}

}  // namespace vetor
