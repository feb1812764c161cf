// A Dense module's folder (2_Dense): config.json and model.safetensors.
#pragma once

#include <filesystem>

#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// Errors: those of the files, INVALID_ARGUMENT if weight and configuration disagree,
/// UNIMPLEMENTED for pickled weights (pytorch_model.bin), an unknown activation, a residual
/// connection, or a layer that is not applied to the text's vector.
Result<DenseLayer> ReadDenseModule(const std::filesystem::path& folder);

}  // namespace vetor
