// AVX-512 without BF16: products in float32, of values as they are or rounded to bfloat16.
#include <immintrin.h>

#include "kernels/sets/avx512_lanes.h"
#include "kernels/sets/compiled_sets.h"
#include "kernels/sets/make_set.h"

namespace vetor {
namespace {

struct Avx512 : Avx512Lanes<Avx512> {};

struct Avx512Rounded : Avx512 {
  static constexpr Operands kOperands = Operands::kBFloat16;

  static Float Rounded(Float x) {
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xffff0000U));
    const __m512i rounded = _mm512_and_si512(_mm512_add_epi32(bits, half), upper);
    const __mmask16 not_numbers = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    return _mm512_mask_mov_ps(_mm512_castsi512_ps(rounded), not_numbers, x);
  }
};

}  // namespace

const KernelSet& Avx512Set() {
  static constexpr KernelSet kSet = MakeKernelSet<Avx512>("avx512");
  return kSet;
}

const KernelSet& Avx512RoundedSet() {
  static constexpr KernelSet kSet = MakeKernelSet<Avx512Rounded>("avx512");
  return kSet;
}

}  // namespace vetor
