// A cache on disk with a few vectors, for tests of the commands that look after one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cache/vector_cache.h"

namespace vetor::cli {

/// Opens the cache in `dir` and writes `count` vectors of `dim` components. The i-th has i + 0.5 in
/// every place, and the key of the text i.
inline std::unique_ptr<VectorCache> FillCache(const std::string& dir, size_t dim, int count) {
  VectorCacheOptions options;
  options.dir = dir;
  auto cache = VectorCache::Open(options);
  const CacheKeyer keyer("command test");
  for (int i = 0; i < count; ++i) {
    const std::vector<float> vector(dim, static_cast<float>(i) + 0.5F);
    const Record record{.info = {},
                        .payload = {.bytes = {reinterpret_cast<const uint8_t*>(vector.data()),
                                              vector.size() * sizeof(float)},
                                    .owner = nullptr}};
    cache->Insert(std::vector<CacheKey>{keyer.Key(std::to_string(i))}, std::vector<Record>{record});
  }
  cache->Flush();
  return cache;
}

}  // namespace vetor::cli
