// Figures out of samples: pure functions.
#pragma once

#include <span>
#include <vector>

#include "vetor/benchmark.h"

namespace vetor {

/// The q-quantile, 0 <= q <= 1, linear between neighbours (NumPy's default); 0 of nothing.
double Quantile(std::span<const double> samples, double q);

Spread SpreadOf(std::span<const double> samples);

/// Of durations in milliseconds.
Latency LatencyOf(std::span<const double> milliseconds);

/// Spearman's rank correlation, equal values sharing the mean of their ranks; 0 where one side is
/// constant. REQUIRES: a.size() == b.size().
double Spearman(std::span<const double> a, std::span<const double> b);

/// REQUIRES: a.size() == b.size(). 0 where one is the zero vector.
double Cosine(std::span<const float> a, std::span<const float> b);

}  // namespace vetor
