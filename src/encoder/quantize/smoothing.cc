#include "encoder/quantize/smoothing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "encoder/linear_reader.h"

namespace vetor {
namespace {

constexpr float kSmallest = 1e-5F;
constexpr uint64_t kBlockRows = 64;

void WidenColumns(const LinearWeights& weight, std::vector<float>& largest) {
  const size_t columns = largest.size();
  for (uint64_t begin = 0; begin < weight.outputs(); begin += kBlockRows) {
    const uint64_t end = std::min(begin + kBlockRows, weight.outputs());
    std::vector<float> rows((end - begin) * columns);
    ReadByOutput(weight, {begin, end - begin, 0, columns}, rows.data(), columns);
    for (size_t i = 0; i < rows.size(); i += columns) {
      for (size_t k = 0; k < columns; ++k) {
        largest[k] = std::max(largest[k], std::abs(rows[i + k]));
      }
    }
  }
}

float LargestInput(const ChannelStatistics& input, size_t channel) {
  return std::max(std::abs(input.low[channel]), std::abs(input.high[channel]));
}

}  // namespace

std::vector<float> LargestWeights(std::span<const LinearWeights* const> parts) {
  std::vector<float> largest(parts[0]->inputs());
  for (const LinearWeights* linear : parts) WidenColumns(*linear, largest);
  return largest;
}

std::vector<float> SmoothingFactors(const ChannelStatistics& input, std::span<const float> weights,
                                    double alpha) {
  std::vector<float> factors(weights.size());
  for (size_t k = 0; k < factors.size(); ++k) {
    const double activation = std::max(LargestInput(input, k), kSmallest);
    const double weight = std::max(weights[k], kSmallest);
    factors[k] = static_cast<float>(std::pow(activation, alpha) / std::pow(weight, 1 - alpha));
  }
  return factors;
}

std::vector<size_t> OutlierChannels(const ChannelStatistics& input, std::span<const float> weights,
                                    size_t count) {
  std::vector<size_t> channels(weights.size());
  std::iota(channels.begin(), channels.end(), size_t{0});
  const auto size = [&](size_t k) { return LargestInput(input, k) * weights[k]; };
  // Equal channels are ordered by index, so that the same model gives the same file everywhere.
  std::sort(channels.begin(), channels.end(),
            [&](size_t a, size_t b) { return size(a) != size(b) ? size(a) > size(b) : a < b; });
  channels.resize(std::min(count, channels.size()));
  std::sort(channels.begin(), channels.end());
  return channels;
}

}  // namespace vetor
