#include "formats/half_float.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vetor {

uint16_t FloatToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16U) & 0x8000U);
  const float magnitude = std::fabs(value);
  // This holds for infinity, NaN, and values that round to infinity.
  if (!(magnitude < 65520.0F)) {
    return static_cast<uint16_t>(sign | (std::isnan(value) ? 0x7E00U : 0x7C00U));
  }
  // Adding a number whose last bit is the last bit that is kept rounds at that bit, ties to even.
  const uint32_t exponent = std::max((bits >> 23U) & 0xFFU, 113U);
  const auto anchor = std::bit_cast<float>((exponent + 13U) << 23U);
  const uint32_t steps =
      std::bit_cast<uint32_t>(magnitude + anchor) - std::bit_cast<uint32_t>(anchor);
  return static_cast<uint16_t>(sign | (((exponent - 113U) << 10U) + steps));
}

}  // namespace vetor
