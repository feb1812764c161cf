// Reads the state dict inside a file of torch.save without running anything. A pickle is a program
// for a stack machine, and this machine knows only what a dict of tensors needs.
//
// Source of the format: CPython's Lib/pickletools.py (opcodes), torch/serialization.py and
// torch/_utils.py (persistent ids, _rebuild_tensor_v2, _rebuild_parameter).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/float_formats.h"
#include "vetor/status.h"

namespace vetor {

/// A tensor as the pickle describes it; the elements are in the archive's member data/`storage`.
struct PickledTensor {
  std::string name;
  std::optional<FloatFormat> format;  ///< Absent if the elements are integers or booleans.
  std::string_view storage;           ///< A window on the pickle, which must outlive it.
  uint64_t storage_elements = 0;
  uint64_t offset = 0;  ///< The index of the tensor's first element in the storage.
  std::vector<uint64_t> shape;
  /// The step from one element to the next, in elements, for each dimension.
  std::vector<uint64_t> strides;
};

/// No encoder has more: 50,000 tensors take 10 MB and 900,000 objects.
inline constexpr uint64_t kMaxPickleBytes = 32ULL << 20;
inline constexpr uint32_t kMaxPickleObjects = 1U << 20;

/// A storage's key is a number in practice.
inline constexpr size_t kMaxStorageKeyBytes = 256;

/// Reads `pickle`, the member data.pkl. Time and memory depend only on its size: an object that a
/// pickle names once and uses often is not copied. Errors (without the file's name): UNIMPLEMENTED
/// names the first function, type or opcode that a state dict does not need; DATA_LOSS for a
/// damaged pickle.
Result<std::vector<PickledTensor>> ReadStateDict(std::string_view pickle);

}  // namespace vetor
