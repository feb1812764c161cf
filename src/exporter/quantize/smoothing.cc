#include "exporter/quantize/smoothing.h"

#include <algorithm>
#include <cmath>

namespace vetor {
namespace {

constexpr float kSmallest = 1e-5F;
constexpr uint64_t kBlockRows = 64;

void WidenColumns(const TensorView& weight, std::vector<float>& largest) {
  const size_t columns = largest.size();
  for (uint64_t begin = 0; begin < weight.shape[0]; begin += kBlockRows) {
    const uint64_t end = std::min(begin + kBlockRows, weight.shape[0]);
    const std::vector<float> rows = ToFloats(*Rows(weight, begin, end));
    for (size_t i = 0; i < rows.size(); i += columns) {
      for (size_t k = 0; k < columns; ++k) {
        largest[k] = std::max(largest[k], std::abs(rows[i + k]));
      }
    }
  }
}

}  // namespace

std::vector<float> SmoothingFactors(const ChannelStatistics& input,
                                    std::span<const LinearWeights* const> parts, double alpha) {
  std::vector<float> factors(input.low.size(), kSmallest);
  for (const LinearWeights* linear : parts) WidenColumns(linear->weight, factors);
  for (size_t k = 0; k < factors.size(); ++k) {
    const float activation = std::max({std::abs(input.low[k]), std::abs(input.high[k]), kSmallest});
    factors[k] = static_cast<float>(std::pow(double{activation}, alpha) /
                                    std::pow(double{factors[k]}, 1 - alpha));
  }
  return factors;
}

}  // namespace vetor
