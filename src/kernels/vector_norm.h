// Lengths and angles of float vectors, summed in double precision.
#pragma once

#include <span>

namespace vetor {

/// The cosine of the angle between `a` and `b`; 0 if either is a zero vector, which has no
/// direction. REQUIRES: both have the same number of components.
double Cosine(std::span<const float> a, std::span<const float> b);

/// The divisor that gives a vector with this sum of squares the length 1: its length, but at least
/// 1e-12, so that a zero vector stays zero (torch.nn.functional.normalize, eps=1e-12).
double UnitDivisor(double sum_of_squares);

}  // namespace vetor
