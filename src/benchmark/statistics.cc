#include "benchmark/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vetor {
namespace {

double MeanOf(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Ranks from 1, equal values sharing the mean of theirs.
std::vector<double> Ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + end + 1) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

double Pearson(std::span<const double> a, std::span<const double> b) {
  const double mean_a = MeanOf(a);
  const double mean_b = MeanOf(b);
  double product = 0;
  double square_a = 0;
  double square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += (a[i] - mean_a) * (b[i] - mean_b);
    square_a += (a[i] - mean_a) * (a[i] - mean_a);
    square_b += (b[i] - mean_b) * (b[i] - mean_b);
  }
  const double divisor = std::sqrt(square_a * square_b);
  return divisor > 0 ? product / divisor : 0;
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

double Spearman(std::span<const double> a, std::span<const double> b) {
  return Pearson(Ranks(a), Ranks(b));
}

double Cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0;
  double square_a = 0;
  double square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x{a[i]};
    const double y{b[i]};
    product += x * y;
    square_a += x * x;
    square_b += y * y;
  }
  const double divisor = std::sqrt(square_a * square_b);
  return divisor > 0 ? product / divisor : 0;
}

}  // namespace vetor
