// Rounds float32 to IEEE 754's binary16 (float_formats.h reads it).
#pragma once

#include <cstdint>

namespace vetor {

/// The nearest binary16, ties to even; infinity from 65520 on (IEEE 754-2019).
uint16_t FloatToHalf(float value);

}  // namespace vetor
