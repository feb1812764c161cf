#include "service/located_cache.h"

#include "base/log.h"
#include "cache/cache_location.h"

namespace vetor {

EmbeddingsConfig WithLocatedCache(EmbeddingsConfig config) {
  CacheConfig& cache = config.cache;
  if (cache.dir || !cache.enabled || cache.ttl_days <= 0) return config;
  const CacheLocation location = LocateCache(cache.dir, /*make=*/true);
  if (!location.why.empty()) {
    Log(LogLevel::kWarning,
        "cache: memory only: {}; name a cache folder (ai.cache.dir, --cache-dir)", location.why);
  }
  cache.dir = location.dir.string();
  return config;
}

}  // namespace vetor
