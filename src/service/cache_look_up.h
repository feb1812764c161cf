// The cache as a call asks it: which of these texts are there already.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "cache/cache_key.h"
#include "cache/record.h"
#include "cache/vector_cache.h"
#include "service/metrics_recorder.h"

namespace vetor {

/// Belongs to one thread. Its memory is used again by the next Find.
class CacheLookUp {
 public:
  /// `cache` may be null: nothing is found.
  CacheLookUp(VectorCache* cache, size_t dim, TimeSum* time)
      : cache_(cache), dim_(dim), time_(time) {}

  /// Looks all of `keys` up; the records of the Find before are gone.
  void Find(std::span<const CacheKey> keys);

  /// The record of the i-th key. Nothing: a miss, or a record that is not a vector of the service's
  /// width. Its payload is valid until the next Find.
  std::optional<Record> Found(size_t i) const;

 private:
  VectorCache* cache_;
  size_t dim_;
  TimeSum* time_;
  RecordList found_;
};

}  // namespace vetor
