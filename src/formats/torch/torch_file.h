// Reads pytorch_model.bin, a state dict as torch.save has written it since PyTorch 1.6. The file is
// mapped, and its pickle is not run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/tensor_view.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// Move-only; the views point into the mapped file.
struct TorchFile {
  MappedFile file;
  std::vector<TensorView> tensors;         ///< The tensors whose elements are floats.
  std::vector<std::string> integer_names;  ///< The names of tensors of integers and booleans.
};

/// Errors: those of MapModelFile; UNIMPLEMENTED for the format from before PyTorch 1.6, for
/// TorchScript, for a pickle that holds anything but tensors, for a tensor that is not contiguous
/// or not little-endian; DATA_LOSS for a damaged file.
Result<TorchFile> ReadTorchFile(const std::filesystem::path& path);

}  // namespace vetor
