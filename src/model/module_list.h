// modules.json and the folders it names: how sentence-transformers chains Transformer, Pooling,
// Dense and Normalize. Both generations of the files are read:
//
//   up to 5.x  type "sentence_transformers.models.Pooling"; keys word_embedding_dimension,
//              pooling_mode_mean_tokens and five more booleans
//   newer      type "sentence_transformers.sentence_transformer.modules.pooling.Pooling"; keys
//              embedding_dimension, pooling_mode (a string or a list)
//
// so a type counts by its last component, and a key under either name.
#pragma once

#include <cstddef>
#include <filesystem>

#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

struct ModuleList {
  PoolingSpec pooling;  ///< Mean and normalise if nothing is declared.
  bool declared_pooling = false;
  bool declared_normalize = false;
  bool static_embedding = false;  ///< The first module is a StaticEmbedding, which pools.
  size_t pooling_width = 0;       ///< Width of token vectors by the Pooling module; 0: not said.
  std::filesystem::path transformer_folder;  ///< The folder itself, or 0_Transformer in old ones.
};

/// Reads `folder`/modules.json; without that file 1_Pooling/config.json alone, if it is there.
/// Errors: INVALID_ARGUMENT (malformed files, paths out of the folder, sizes that contradict),
/// UNIMPLEMENTED (a module, an order of modules, an activation that vetor does not have), and those
/// of the files it reads.
Result<ModuleList> ReadModuleList(const std::filesystem::path& folder);

}  // namespace vetor
