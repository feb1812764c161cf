#include "service/located_cache.h"

#include "cache/cache_location.h"
#include "os/log.h"

namespace vetor {

EmbeddingsConfig WithLocatedCache(EmbeddingsConfig config) {
  CacheConfig& cache = config.cache;
  if (cache.dir || !cache.wants_disk()) return config;
  const CacheLocation location = LocateCache(cache.dir, /*make=*/true);
  if (!location.why.empty()) {
    Log(LogLevel::kWarning, "cache: memory only: {}; name a cache folder in ai.cache.dir",
        location.why);
  }
  cache.dir = location.dir.string();
  return config;
}

VectorSpace SpaceOf(const Engine& engine) {
  const BackendTraits& traits = engine.traits();
  const bool native = !traits.numerics.empty();
  return {.fingerprint = engine.info().fingerprint,
          .model_id = engine.info().model_id,
          .runtime = native ? "native" : traits.library,
          .precision = traits.precision};
}

std::unique_ptr<VectorCache> OpenCache(const CacheConfig& config, const Engine& engine) {
  if (!config.enabled) return nullptr;
  return VectorCache::Open({.dir = config.dir.value_or(""),
                            .ttl_days = config.ttl_days,
                            .max_bytes = config.max_mb << 20,
                            .memory_bytes = config.memory_mb << 20,
                            .space = SpaceOf(engine)});
}

}  // namespace vetor
