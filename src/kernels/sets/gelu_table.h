// gelu(x) = max(x, 0) - u P(u), u = |x|. The subtrahend, u erfc(u / sqrt 2) / 2, is at most 0.17,
// so that nothing cancels. P is a polynomial in each of a few pieces of [0, kEnd], whose
// coefficients fit into the lanes of registers, so no exponential and no division is needed.
#pragma once

#include <cstddef>

namespace vetor {

struct GeluTable {
  static constexpr float kEnd = 5.8F;  ///< Beyond it the subtrahend is below 1e-8.
  static constexpr size_t kMostCoefficients = 7;
  static constexpr size_t kMostPieces = 16;

  /// Piece j has its middle at u = j / scale. [coefficient of f^i][piece], f = u * scale - j.
  alignas(64) float coefficients[kMostCoefficients][kMostPieces];
  float scale;
};

/// 16 pieces of degree 5 or 8 pieces of degree 6; the error is below 1e-7.
const GeluTable& GeluTableOf16();
const GeluTable& GeluTableOf8();

}  // namespace vetor
