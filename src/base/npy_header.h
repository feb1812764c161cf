// The header of NumPy's .npy files, format 1.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vetor {

/// NumPy's names of little-endian float32 and float16.
inline constexpr std::string_view kNpyFloat32 = "<f4";
inline constexpr std::string_view kNpyFloat16 = "<f2";

/// The header of a [rows, dim] array in C order: always 128 bytes, whatever the numbers, so that
/// one that was written first can be replaced when the number of rows is known.
std::string NpyHeader(uint64_t rows, size_t dim, std::string_view dtype = kNpyFloat32);

}  // namespace vetor
