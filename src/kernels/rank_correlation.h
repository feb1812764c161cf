// Whether two lists of figures put the same things first.
#pragma once

#include <span>

namespace vetor {

/// Spearman's rank correlation, equal values sharing the mean of their ranks; `if_constant` where
/// one side does not vary. REQUIRES: a.size() == b.size().
double Spearman(std::span<const double> a, std::span<const double> b, double if_constant = 0);

}  // namespace vetor
