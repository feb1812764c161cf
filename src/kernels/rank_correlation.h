// How well two lists of numbers agree on an order.
#pragma once

#include <span>

namespace vetor {

/// Spearman's rank correlation; equal values share the mean of their ranks. Returns `if_constant`
/// if all values of one side are equal. REQUIRES: a.size() == b.size().
double Spearman(std::span<const double> a, std::span<const double> b, double if_constant = 0);

}  // namespace vetor
