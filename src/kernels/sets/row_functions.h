// Functions on one row at a time: norms and rotary positions.
#pragma once

#include <cstddef>

#include "kernels/sets/kernel_set.h"

namespace vetor {

/// Sum of (x - mean)^2 over a row, or of x if `kSquares` is false.
template <class V, bool kSquares>
float RowSum(const float* row, size_t width, float mean) {
  using Float = typename V::Float;
  const Float middle = V::Set(mean);
  const auto term = [&](Float x) __attribute__((always_inline)) {
    if constexpr (!kSquares) return x;
    const Float difference = x - middle;
    return difference * difference;
  };
  constexpr size_t kSums = 4;  // Several sums hide the latency of an addition.
  Float sums[kSums] = {V::Zero(), V::Zero(), V::Zero(), V::Zero()};
  size_t i = 0;
  for (; i + kSums * V::kLanes <= width; i += kSums * V::kLanes) {
#pragma GCC unroll 4
    for (size_t s = 0; s < kSums; ++s) sums[s] = sums[s] + term(V::Load(row + i + s * V::kLanes));
  }
  for (; i + V::kLanes <= width; i += V::kLanes) sums[0] = sums[0] + term(V::Load(row + i));
  if (i < width) {
    const Float rest = term(V::LoadPart(row + i, width - i));
    sums[1] = sums[1] + V::Keep(rest, 0, width - i, V::Zero());
  }
  return V::SumOf((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class V>
void Normalize(const NormCall& call) {
  using Float = typename V::Float;
  const float count = static_cast<float>(call.width);
  for (size_t r = 0; r < call.row_count; ++r) {
    const float* const row = call.source + r * call.source_stride;
    float* const out = call.target + r * call.target_stride;
    const float mean = call.centred ? RowSum<V, false>(row, call.width, 0) / count : 0.0F;
    const float squares = RowSum<V, true>(row, call.width, mean);
    const Float middle = V::Set(mean);
    const Float inverse = V::Set(1.0F / __builtin_sqrtf(squares / count + call.epsilon));
    for (size_t i = 0; i < call.width; i += V::kLanes) {
      const size_t n = call.width - i;
      const bool whole = n >= V::kLanes;
      const auto load = [&](const float* from) __attribute__((always_inline)) {
        return whole ? V::Load(from + i) : V::LoadPart(from + i, n);
      };
      Float y = V::Fma((load(row) - middle) * inverse, load(call.weight), load(call.bias));
      if (call.add) y = y + load(out);
      if (whole) {
        V::Store(out + i, y);
      } else {
        V::StorePart(out + i, n, y);
      }
    }
  }
}

template <class V>
void Rotate(const RotationCall& call) {
  using Float = typename V::Float;
  for (size_t r = 0; r < call.row_count; ++r) {
    float* const first = call.rows + r * call.row_stride;
    float* const second = first + call.half;
    for (size_t i = 0; i < call.half; i += V::kLanes) {
      const size_t n = call.half - i < V::kLanes ? call.half - i : V::kLanes;
      const Float cosine = V::LoadPart(call.cosines + r * call.half + i, n);
      const Float sine = V::LoadPart(call.sines + r * call.half + i, n);
      const Float x = V::LoadPart(first + i, n);
      const Float y = V::LoadPart(second + i, n);
      V::StorePart(first + i, n, x * cosine - y * sine);
      V::StorePart(second + i, n, V::Fma(x, sine, y * cosine));
    }
  }
}

}  // namespace vetor
