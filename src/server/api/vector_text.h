// Vectors as bytes of an answer: JSON numbers, base64, raw rows, and the small types of Cohere's
// embedding_types. This is most of what an answer costs, so nothing here allocates per number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vetor/component_ranges.h"

namespace vetor {

/// Appends "[0.1,-2e-05]": each number with the fewest digits that read back as the same float32.
/// REQUIRES: all are finite.
void AppendJsonNumbers(std::span<const float> values, std::string* out);
/// The same for numbers of a byte.
void AppendJsonNumbers(std::span<const int> values, std::string* out);

/// Appends the base64 of the little-endian float32 numbers, without quotes.
void AppendBase64(std::span<const float> values, std::string* out);

/// Appends the little-endian float32 numbers themselves.
void AppendRaw(std::span<const float> values, std::string* out);

/// Bytes of the text of a vector of `dim` components with what an answer writes around it, at most.
size_t MostJsonBytes(size_t dim);
size_t MostBase64Bytes(size_t dim);

/// The small types, as sentence-transformers' quantize_embeddings makes them.
enum class SmallType : uint8_t {
  kInt8,     ///< 255 steps between the least and the greatest value of each component, -128 first.
  kUint8,    ///< The same, 0 first.
  kBinary,   ///< A bit per component, 1 if it is above 0, the highest first, zeros behind; as int8.
  kUbinary,  ///< The same as uint8.
};

/// One vector. `ranges` are those of its components; the binary types do not look at them.
/// REQUIRES: for int8 and uint8, ranges of values.size() components.
std::vector<int> ToSmallType(SmallType type, std::span<const float> values,
                             const ComponentRanges& ranges);

}  // namespace vetor
