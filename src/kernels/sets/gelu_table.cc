#include "kernels/sets/gelu_table.h"

#include <array>
#include <cmath>
#include <numbers>

namespace vetor {
namespace {

double Subtrahend(double u) { return u * 0.5 * std::erfc(u / std::numbers::sqrt2); }

// Newton's interpolation in the Chebyshev nodes of [-0.5, 0.5], expanded to powers of f.
template <size_t kCount>
std::array<double, kCount> Interpolate(double middle, double scale) {
  std::array<double, kCount> node{};
  std::array<double, kCount> value{};
  for (size_t i = 0; i < kCount; ++i) {
    const double angle = static_cast<double>(2 * i + 1) * std::numbers::pi / (2.0 * kCount);
    node[i] = 0.5 * std::cos(angle);
    value[i] = Subtrahend((middle + node[i]) / scale);
  }
  for (size_t d = 1; d < kCount; ++d) {
    for (size_t i = kCount - 1; i >= d; --i) {
      value[i] = (value[i] - value[i - 1]) / (node[i] - node[i - d]);
    }
  }
  std::array<double, kCount> power{};
  for (size_t i = kCount; i-- > 0;) {
    for (size_t d = kCount - 1; d > 0; --d) power[d] = power[d - 1] - node[i] * power[d];
    power[0] = value[i] - node[i] * power[0];
  }
  return power;
}

template <size_t kPieces, size_t kCount>
GeluTable MakeTable() {
  GeluTable table{};
  // The last piece ends half a step behind its middle.
  table.scale = static_cast<float>((kPieces - 0.51) / GeluTable::kEnd);
  for (size_t piece = 0; piece < kPieces; ++piece) {
    const auto power = Interpolate<kCount>(static_cast<double>(piece), double{table.scale});
    for (size_t i = 0; i < kCount; ++i) {
      table.coefficients[i][piece] = static_cast<float>(power[i]);
    }
  }
  return table;
}

}  // namespace

const GeluTable& GeluTableOf16() {
  static const GeluTable kTable = MakeTable<16, 6>();
  return kTable;
}

const GeluTable& GeluTableOf8() {
  static const GeluTable kTable = MakeTable<8, 7>();
  return kTable;
}

}  // namespace vetor
