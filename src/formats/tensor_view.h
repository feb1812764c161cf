// A weight in a checkpoint, seen through a window on mapped bytes; nothing is copied until the
// weight is used.
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

/// Valid as long as the Checkpoint that it was taken from. Row-major, little-endian.
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

/// Reads elements [first, first + floats.size()) into the caller's memory, so that a table larger
/// than memory can be worked on in pieces. REQUIRES: the tensor has these elements.
void ToFloats(const TensorView& tensor, uint64_t first, std::span<float> floats);

/// Returns rows [begin, end) of the first axis without a copy, for example the parts of a fused
/// Wqkv. INVALID_ARGUMENT if the tensor does not have that many rows.
Result<TensorView> Rows(const TensorView& tensor, uint64_t begin, uint64_t end);

}  // namespace vetor
