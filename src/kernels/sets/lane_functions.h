// exp and the activations on vectors, written once for all instruction sets.
//
// A source per instruction set defines a type `V` in its anonymous namespace: the vector type, its
// number of lanes, and a dozen operations. The headers of this folder hold templates over it, which
// therefore have internal linkage: no function that is compiled for AVX-512 can be taken for the
// portable one of the same name. For the same reason nothing here calls an inline function of the
// standard library.
//
// A NaN stays a NaN, because the result is checked for it: V::Max and V::Min give their second
// operand if one operand is a NaN, so a bound is always the first operand.
#pragma once

#include <cstddef>

#include "kernels/sets/gelu_table.h"
#include "kernels/sets/kernel_set.h"

namespace vetor {

/// 2^y for y up to 126, y below -126 clamped to it. A polynomial of degree 6 on [-0.5, 0.5],
/// interpolated in Chebyshev nodes: relative error 2.5e-9, with rounding 1.2e-7.
template <class V>
[[gnu::always_inline]] inline typename V::Float Exp2Below(typename V::Float y) {
  y = V::Max(V::Set(-126.0F), y);
  const typename V::Float whole = V::Round(y);
  const typename V::Float f = y - whole;
  typename V::Float p = V::Set(1.54614447e-4F);
  p = V::Fma(p, f, V::Set(1.340042818e-3F));
  p = V::Fma(p, f, V::Set(9.618056679e-3F));
  p = V::Fma(p, f, V::Set(5.550327227e-2F));
  p = V::Fma(p, f, V::Set(0.2402265092F));
  p = V::Fma(p, f, V::Set(0.6931472067F));
  p = V::Fma(p, f, V::Set(1.0F));
  return V::TimesPowerOf2(p, whole);
}

/// The same, and y above 126 clamped to it.
template <class V>
[[gnu::always_inline]] inline typename V::Float Exp2(typename V::Float y) {
  return Exp2Below<V>(V::Min(V::Set(126.0F), y));
}

/// x / (1 + 2^y)
template <class V>
[[gnu::always_inline]] inline typename V::Float Gated(typename V::Float x, typename V::Float y) {
  return x / (V::Set(1.0F) + Exp2<V>(y));
}

template <class V>
[[gnu::always_inline]] inline typename V::Float Gelu(typename V::Float x, const GeluTable& table) {
  using Float = typename V::Float;
  const Float u = V::Max(x, V::Zero() - x);
  const Float t = V::Min(V::Set(GeluTable::kEnd), u) * V::Set(table.scale);
  const Float magic = V::Set(12582912.0F);  // 1.5 * 2^23: the sum's last bits are a whole number.
  const Float z = t + magic;
  const Float f = t - (z - magic);
  Float p = V::Lookup(table.coefficients[V::kGeluDegree], z);
#pragma GCC unroll 8
  for (int i = V::kGeluDegree - 1; i >= 0; --i) {
    p = V::Fma(p, f, V::Lookup(table.coefficients[i], z));
  }
  return V::Max(x, V::Zero()) - p;
}

template <class V, Epilogue kEpilogue>
[[gnu::always_inline]] inline typename V::Float Activated(typename V::Float x,
                                                          const GeluTable& table) {
  constexpr float kLog2E = 1.44269504F;
  if constexpr (kEpilogue == Epilogue::kGelu) return Gelu<V>(x, table);
  if constexpr (kEpilogue == Epilogue::kRelu) return V::Max(V::Zero(), x);
  if constexpr (kEpilogue == Epilogue::kSilu) return Gated<V>(x, x * V::Set(-kLog2E));
  if constexpr (kEpilogue == Epilogue::kQuickGelu) {
    return Gated<V>(x, x * V::Set(-1.702F * kLog2E));
  }
  if constexpr (kEpilogue == Epilogue::kGeluTanh) {
    // x/2 (1 + tanh g) = x / (1 + exp(-2 g)), g = sqrt(2 / pi) (x + 0.044715 x^3).
    constexpr float kFactor = -2.0F * 0.797884561F * kLog2E;
    const typename V::Float cubic = V::Fma(x * x, V::Set(0.044715F), V::Set(1.0F));
    return Gated<V>(x, x * V::Set(kFactor) * cubic);
  }
  return x;
}

/// Rows of `columns` floats, a multiple of the lanes.
struct RowBlock {
  float* values;
  size_t stride;
  size_t rows;
  size_t columns;
};

template <class V, Epilogue kEpilogue>
void ActivateBlock(const RowBlock& block) {
  const GeluTable& table = V::Table();
  for (size_t r = 0; r < block.rows; ++r) {
    float* row = block.values + r * block.stride;
    for (size_t c = 0; c < block.columns; c += V::kLanes) {
      V::Store(row + c, Activated<V, kEpilogue>(V::Load(row + c), table));
    }
  }
}

template <class V>
void ApplyEpilogue(Epilogue epilogue, const RowBlock& block) {
  switch (epilogue) {
    case Epilogue::kNone:
    case Epilogue::kMultiply:
      return;
    case Epilogue::kGelu:
      return ActivateBlock<V, Epilogue::kGelu>(block);
    case Epilogue::kGeluTanh:
      return ActivateBlock<V, Epilogue::kGeluTanh>(block);
    case Epilogue::kRelu:
      return ActivateBlock<V, Epilogue::kRelu>(block);
    case Epilogue::kSilu:
      return ActivateBlock<V, Epilogue::kSilu>(block);
    case Epilogue::kQuickGelu:
      return ActivateBlock<V, Epilogue::kQuickGelu>(block);
  }
}

/// Takes any number of values; the last ones are computed in a full vector.
template <class V>
void Activate(Epilogue epilogue, float* values, size_t count) {
  const size_t whole = count / V::kLanes * V::kLanes;
  ApplyEpilogue<V>(epilogue, {values, whole, 1, whole});
  if (whole == count) return;
  float rest[V::kLanes];
  V::Store(rest, V::LoadPart(values + whole, count - whole));
  ApplyEpilogue<V>(epilogue, {rest, V::kLanes, 1, V::kLanes});
  V::StorePart(values + whole, count - whole, V::Load(rest));
}

template <class V>
void Exponentiate(float* values, size_t count) {
  for (size_t i = 0; i < count; i += V::kLanes) {
    const size_t n = count - i < V::kLanes ? count - i : V::kLanes;
    V::StorePart(values + i, n, Exp2<V>(V::LoadPart(values + i, n)));
  }
}

}  // namespace vetor
