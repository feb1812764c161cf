// Writes a .safetensors file of a few tensors (format: formats/safetensors.h).
#pragma once

#include <filesystem>
#include <span>

#include "formats/tensor_view.h"
#include "vetor/status.h"

namespace vetor {

/// Writes the tensors one after the other, with their bytes as they are. Errors: those of
/// WriteModelFile.
Status WriteSafetensors(const std::filesystem::path& file, std::span<const TensorView> tensors);

}  // namespace vetor
