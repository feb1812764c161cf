// AVX2 with FMA: 16 registers of 8 floats. 6 rows by 2 vectors are 12 sums; two columns and a row
// are 15.
#include <immintrin.h>

#include "kernels/sets/compiled_sets.h"
#include "kernels/sets/make_set.h"

namespace vetor {
namespace {

struct Avx2 {
  using Float = __m256;
  using Base = Avx2;  ///< The type whose tiles, norms and activations it has.
  static constexpr Operands kOperands = Operands::kFloat32;
  static constexpr size_t kWordDepths = 1;
  static constexpr size_t kLanes = 8;
  static constexpr int kPanelVectors = 2;
  static constexpr size_t kTileRows = 6;
  static constexpr int kGeluDegree = 6;

  static const GeluTable& Table() { return GeluTableOf8(); }

  static Float Zero() { return _mm256_setzero_ps(); }
  static Float Set(float x) { return _mm256_set1_ps(x); }
  static Float Load(const float* from) { return _mm256_loadu_ps(from); }
  static Float Broadcast(const float* from) { return _mm256_broadcast_ss(from); }
  static void Store(float* to, Float x) { _mm256_storeu_ps(to, x); }
  static Float LoadPart(const float* from, size_t count) {
    return _mm256_maskload_ps(from, Lanes(0, count));
  }
  static void StorePart(float* to, size_t count, Float x) {
    _mm256_maskstore_ps(to, Lanes(0, count), x);
  }
  // Lanes [from, to) of `x`, the others of `other`.
  static Float Keep(Float x, size_t from, size_t to, Float other) {
    return _mm256_blendv_ps(other, x, _mm256_castsi256_ps(Lanes(from, to)));
  }
  static Float Fma(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  static Float Multiply(Float row, Float column, Float sum) { return Fma(row, column, sum); }
  static Float Max(Float a, Float b) { return _mm256_max_ps(a, b); }
  static Float Min(Float a, Float b) { return _mm256_min_ps(a, b); }
  static Float Round(Float x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // `power` is whole and in [-126, 126].
  static Float TimesPowerOf2(Float x, Float power) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power), _mm256_set1_epi32(127));
    return x * _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
  }
  // The lowest three bits of each lane of `index` choose among 8 floats.
  static Float Lookup(const float* table, Float index) {
    return _mm256_permutevar8x32_ps(_mm256_load_ps(table), _mm256_castps_si256(index));
  }
  static float SumOf(Float x) {
    __m128 sum = _mm256_castps256_ps128(x) + _mm256_extractf128_ps(x, 1);
    sum = sum + _mm_movehl_ps(sum, sum);
    return _mm_cvtss_f32(sum) + _mm_cvtss_f32(_mm_shuffle_ps(sum, sum, 1));
  }
  static float LargestOf(Float x) {
    __m128 top = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    return _mm_cvtss_f32(_mm_max_ss(top, _mm_shuffle_ps(top, top, 1)));
  }
  static void Transpose(const float* from, size_t stride, float* to, size_t to_stride);

 private:
  // All bits of lanes [from, to).
  static __m256i Lanes(size_t from, size_t to) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i before = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(from)), lane);
    const __m256i below = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(to)), lane);
    return _mm256_andnot_si256(before, below);
  }
};

// 8 x 8: pairs, then fours, then halves change places.
void Avx2::Transpose(const float* from, size_t stride, float* to, size_t to_stride) {
  __m256 rows[8];
  __m256 pairs[8];
#pragma GCC unroll 8
  for (size_t i = 0; i < 8; ++i) rows[i] = _mm256_loadu_ps(from + i * stride);
#pragma GCC unroll 4
  for (size_t i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 2
  for (size_t i = 0; i < 8; i += 4) {
    rows[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    rows[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
    rows[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    rows[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
  }
  // rows[4 g + j] holds columns j and 4 + j of rows 4 g to 4 g + 3.
#pragma GCC unroll 4
  for (size_t j = 0; j < 4; ++j) {
    _mm256_storeu_ps(to + j * to_stride, _mm256_permute2f128_ps(rows[j], rows[4 + j], 0x20));
    _mm256_storeu_ps(to + (4 + j) * to_stride, _mm256_permute2f128_ps(rows[j], rows[4 + j], 0x31));
  }
}

struct Avx2Rounded : Avx2 {
  static constexpr Operands kOperands = Operands::kBFloat16;

  static Float Rounded(Float x) {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    const __m256i upper = _mm256_set1_epi32(static_cast<int>(0xffff0000U));
    const __m256i rounded = _mm256_and_si256(_mm256_add_epi32(bits, half), upper);
    return _mm256_blendv_ps(_mm256_castsi256_ps(rounded), x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  }
};

}  // namespace

const KernelSet& Avx2Set() {
  static constexpr KernelSet kSet = MakeKernelSet<Avx2>("avx2");
  return kSet;
}

const KernelSet& Avx2RoundedSet() {
  static constexpr KernelSet kSet = MakeKernelSet<Avx2Rounded>("avx2");
  return kSet;
}

}  // namespace vetor
