// The folder of the disk cache, decided once per service.
#pragma once

#include "vetor/embeddings_config.h"

namespace vetor {

/// `config` with the user's cache folder in place of an unset `cache.dir`. Where that folder cannot
/// be used, `cache.dir` becomes empty (memory only) and one line in the log says why.
EmbeddingsConfig WithLocatedCache(EmbeddingsConfig config);

}  // namespace vetor
