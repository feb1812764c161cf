// Opens the cache of a service: decides where it lies and for which vectors it is.
#pragma once

#include <memory>

#include "cache/vector_cache.h"
#include "cache/vector_space.h"
#include "engine/engine.h"
#include "vetor/embeddings_config.h"

namespace vetor {

/// `config` with the user's cache folder in place of an unset `cache.dir`. If that folder cannot be
/// used, `cache.dir` becomes empty (memory only) and one line in the log says why.
EmbeddingsConfig WithLocatedCache(EmbeddingsConfig config);

/// The space of the engine's vectors, for a cache on disk. The instruction set of our own kernels
/// is no part of it: all sets write into one space.
VectorSpace SpaceOf(const Engine& engine);

/// Null for a cache that is switched off. REQUIRES: a `config` from WithLocatedCache.
std::unique_ptr<VectorCache> OpenCache(const CacheConfig& config, const Engine& engine);

}  // namespace vetor
