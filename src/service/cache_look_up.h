// A call's look into the cache: which of its texts are there already.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "cache/cache_key.h"
#include "cache/record.h"
#include "cache/vector_cache.h"
#include "service/metrics_recorder.h"

namespace vetor {

/// Belongs to one thread. The next Find reuses its memory.
class CacheLookUp {
 public:
  /// If `cache` is null, nothing is found.
  CacheLookUp(VectorCache* cache, size_t dim, TimeSum* time)
      : cache_(cache), dim_(dim), time_(time) {}

  /// Looks up all of `keys`; the records of the previous Find are no longer valid.
  void Find(std::span<const CacheKey> keys);

  /// As Find, of the tiers in memory alone. Whether they hold all of `keys`.
  bool FindInMemory(std::span<const CacheKey> keys);

  /// The record of the i-th key; nothing for a miss, or for a record that is not a vector of the
  /// service's width. Its payload is valid until the next Find.
  std::optional<Record> Found(size_t i) const;

 private:
  VectorCache* cache_;
  size_t dim_;
  TimeSum* time_;
  RecordList found_;
};

}  // namespace vetor
