// AVX-512: 32 registers of 16 floats. 14 rows by 2 vectors are 28 sums; two columns and a row fill
// the rest. Two sources are compiled from it, for processors with and without AVX-512 BF16.
#pragma once

#include <immintrin.h>

#include "kernels/sets/kernel_set.h"
#include "kernels/sets/lane_functions.h"

namespace vetor {

/// `Here` is a type of the source's anonymous namespace, so that each source has copies of its own.
template <class Here>
struct Avx512Lanes {
  using Float = __m512;
  using Base = Here;  ///< The type whose tiles, norms and activations it has.
  static constexpr Operands kOperands = Operands::kFloat32;
  static constexpr size_t kWordDepths = 1;
  static constexpr size_t kLanes = 16;
  static constexpr int kPanelVectors = 2;
  static constexpr size_t kTileRows = 14;
  static constexpr int kGeluDegree = 5;

  static const GeluTable& Table() { return GeluTableOf16(); }

  static Float Zero() { return _mm512_setzero_ps(); }
  static Float Set(float x) { return _mm512_set1_ps(x); }
  static Float Load(const float* from) { return _mm512_loadu_ps(from); }
  static Float Broadcast(const float* from) { return _mm512_set1_ps(*from); }
  static void Store(float* to, Float x) { _mm512_storeu_ps(to, x); }
  static Float LoadPart(const float* from, size_t count) {
    return _mm512_maskz_loadu_ps(FirstLanes(count), from);
  }
  static void StorePart(float* to, size_t count, Float x) {
    _mm512_mask_storeu_ps(to, FirstLanes(count), x);
  }
  // Lanes [from, to) of `x`, the others of `other`.
  static Float Keep(Float x, size_t from, size_t to, Float other) {
    const auto mask = static_cast<__mmask16>(FirstLanes(to) & ~FirstLanes(from));
    return _mm512_mask_mov_ps(other, mask, x);
  }
  static Float Fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static Float Multiply(Float row, Float column, Float sum) { return Fma(row, column, sum); }
  static Float Max(Float a, Float b) { return _mm512_max_ps(a, b); }
  static Float Min(Float a, Float b) { return _mm512_min_ps(a, b); }
  static Float Round(Float x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT); }
  static Float TimesPowerOf2(Float x, Float power) { return _mm512_scalef_ps(x, power); }
  // The lowest four bits of each lane of `index` choose among 16 floats.
  static Float Lookup(const float* table, Float index) {
    return _mm512_permutexvar_ps(_mm512_castps_si512(index), _mm512_load_ps(table));
  }
  static float SumOf(Float x) { return _mm512_reduce_add_ps(x); }
  static float LargestOf(Float x) { return _mm512_reduce_max_ps(x); }
  static void Transpose(const float* from, size_t stride, float* to, size_t to_stride);

 private:
  static __mmask16 FirstLanes(size_t count) {
    return count >= kLanes ? 0xffff : static_cast<__mmask16>((1U << count) - 1);
  }
};

// 16 x 16: pairs, then fours, then lanes of 128 bits change places.
template <class Here>
void Avx512Lanes<Here>::Transpose(const float* from, size_t stride, float* to, size_t to_stride) {
  __m512i rows[16];
  __m512i pairs[16];
#pragma GCC unroll 16
  for (size_t i = 0; i < 16; ++i) rows[i] = _mm512_loadu_si512(from + i * stride);
#pragma GCC unroll 8
  for (size_t i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  // rows[4 g + j] holds columns j, 4 + j, 8 + j and 12 + j of rows 4 g to 4 g + 3.
#pragma GCC unroll 4
  for (size_t j = 0; j < 4; ++j) {
    const __m512i even_low = _mm512_shuffle_i32x4(rows[j], rows[4 + j], 0x88);
    const __m512i even_high = _mm512_shuffle_i32x4(rows[8 + j], rows[12 + j], 0x88);
    const __m512i odd_low = _mm512_shuffle_i32x4(rows[j], rows[4 + j], 0xdd);
    const __m512i odd_high = _mm512_shuffle_i32x4(rows[8 + j], rows[12 + j], 0xdd);
    _mm512_storeu_si512(to + j * to_stride, _mm512_shuffle_i32x4(even_low, even_high, 0x88));
    _mm512_storeu_si512(to + (4 + j) * to_stride, _mm512_shuffle_i32x4(odd_low, odd_high, 0x88));
    _mm512_storeu_si512(to + (8 + j) * to_stride, _mm512_shuffle_i32x4(even_low, even_high, 0xdd));
    _mm512_storeu_si512(to + (12 + j) * to_stride, _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd));
  }
}

}  // namespace vetor
