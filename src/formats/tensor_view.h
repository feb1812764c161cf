// A weight as it lies in a checkpoint: a window on mapped bytes, never copied until it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/float_formats.h"
#include "vetor/status.h"

namespace vetor {

using WeightType = FloatFormat;

/// Valid as long as the Checkpoint it was taken from. Row-major, little-endian.
struct TensorView {
  std::string name;  ///< As the file spells it, for messages.
  WeightType type = WeightType::kFloat32;
  std::vector<uint64_t> shape;
  std::string_view bytes;

  bool empty() const { return bytes.empty(); }
  uint64_t elements() const;
};

/// The elements as float32 (float64 rounds to nearest). Allocates elements() floats.
std::vector<float> ToFloats(const TensorView& tensor);

/// The same for elements [first, first + floats.size()), into memory of the caller. So a table
/// larger than memory can be worked on in pieces. REQUIRES: the tensor has them.
void ToFloats(const TensorView& tensor, uint64_t first, std::span<float> floats);

/// Rows [begin, end) of the first axis, without a copy. So a fused Wqkv falls into its parts.
/// INVALID_ARGUMENT if the tensor does not have that many rows.
Result<TensorView> Rows(const TensorView& tensor, uint64_t begin, uint64_t end);

}  // namespace vetor
