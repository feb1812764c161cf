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

}  // namespace vetor
