#include "kernels/vector_norm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vetor {

double Cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0;
  double square_a = 0;
  double square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * double{b[i]};
    square_a += double{a[i]} * double{a[i]};
    square_b += double{b[i]} * double{b[i]};
  }
  const double length = std::sqrt(square_a * square_b);
  return length > 0 ? dot / length : 0;
}

double UnitDivisor(double sum_of_squares) {
  constexpr double kEpsilon = 1e-12;
  return std::max(std::sqrt(sum_of_squares), kEpsilon);
}

}  // namespace vetor
