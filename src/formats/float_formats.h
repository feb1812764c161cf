// Reads the float formats in which weights are stored as float32.
//
// F16 and BF16 convert exactly, subnormals, infinities and NaN payloads included; F64 rounds to
// nearest. Values are little-endian and need not be aligned. Sources of the layouts: IEEE 754-2019
// (binary16, binary64); BF16 is the upper half of a binary32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace vetor {

enum class FloatFormat { kFloat64, kFloat32, kFloat16, kBFloat16 };

/// Bytes of one value: 8, 4 or 2.
size_t FloatBytes(FloatFormat format);

/// The format that safetensors files call "F64", "F32", "F16" or "BF16"; nullopt for other names.
std::optional<FloatFormat> FloatFormatOfDtype(std::string_view dtype);
const char* DtypeOf(FloatFormat format);

/// Fills `floats` from the first floats.size() values in `bytes`.
/// REQUIRES: bytes.size() >= floats.size() * FloatBytes(format).
void ReadFloats(FloatFormat format, std::string_view bytes, std::span<float> floats);

}  // namespace vetor
