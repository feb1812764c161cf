// Writes modules.json and the folders that it names, in the generation that every loader reads.
//
// sentence-transformers renamed the types and the keys of its modules in version 6; it still reads
// the old ones, and text-embeddings-inference reads nothing else. Source: the files of both
// generations, see the table in src/model/module_list.h.
#pragma once

#include <filesystem>

#include "vetor/status.h"

namespace vetor {

/// The folder that holds config.json and the weights: the one that modules.json names as
/// Transformer ("0_Transformer" in old repositories), else `source` itself. Errors: those of
/// ReadModelConfig and CheckInsideModel.
Result<std::filesystem::path> TransformerFolder(const std::filesystem::path& source);

/// Writes modules.json, N_Pooling, N_Dense with their weights as safetensors (also from
/// pytorch_model.bin) and N_Normalize to `target`, as `source` has them; nothing if it has no
/// modules.json. Errors: UNIMPLEMENTED names a module or a setting that the old generation or vetor
/// does not have; INVALID_ARGUMENT for a file that is a link out of `source`; those of the files.
Status WriteModules(const std::filesystem::path& source, const std::filesystem::path& target);

}  // namespace vetor
