// AVX-512 with BF16: one instruction multiplies two neighbouring depths in bfloat16 and adds both
// products to a sum in float32, in the time of one product in float32. It rounds each of the two
// additions and takes denormal numbers for zeros, whatever the thread's settings are.
#include <immintrin.h>

#include "kernels/sets/avx512_lanes.h"
#include "kernels/sets/compiled_sets.h"
#include "kernels/sets/make_set.h"

namespace vetor {
namespace {

struct Avx512Bf16 : Avx512Lanes<Avx512Bf16> {
  static constexpr Operands kOperands = Operands::kBFloat16;
  static constexpr size_t kWordDepths = 2;

  static Float Multiply(Float row, Float column, Float sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(row),
                            reinterpret_cast<__m512bh>(column));
  }
  // 32 depths of a row.
  static Float Word(const float* from) {
    return reinterpret_cast<Float>(
        _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + kLanes), _mm512_loadu_ps(from)));
  }
  // Two depths of 16 columns.
  static Float Paired(Float first, Float second) {
    const __m512i low = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(first)));
    const __m512i high =
        _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(second)));
    return _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
  }
};

}  // namespace

const KernelSet& Avx512Bf16Set() {
  static constexpr KernelSet kSet = MakeKernelSet<Avx512Bf16>("avx512_bf16");
  return kSet;
}

}  // namespace vetor
