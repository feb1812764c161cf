#include "benchmark/statistics.h"

#include <algorithm>
#include <numeric>

namespace vetor {
namespace {

double MeanOf(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double Quantile(std::span<const double> samples, double q) {
  if (samples.empty()) return 0;
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

Spread SpreadOf(std::span<const double> samples) {
  return {
      .median = Quantile(samples, 0.5), .min = Quantile(samples, 0), .max = Quantile(samples, 1)};
}

Latency LatencyOf(std::span<const double> milliseconds) {
  return {.mean = MeanOf(milliseconds),
          .p50 = Quantile(milliseconds, 0.5),
          .p95 = Quantile(milliseconds, 0.95),
          .p99 = Quantile(milliseconds, 0.99),
          .samples = milliseconds.size()};
}

}  // namespace vetor
