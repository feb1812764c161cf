// Key to vector: a memory tier over a disk tier (SQLite), both bounded, every value checksummed.
//
// Trouble of any kind (folder not writable, disk full, damaged file, another writer) degrades: a
// read becomes a miss, a write is dropped and counted, and `state()` says so in words. Nothing
// here ever fails a caller or returns a wrong vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cache/cache_key.h"

namespace vetor {

struct VectorCacheOptions {
  std::filesystem::path dir;  ///< Empty: no disk tier.
  double ttl_days = 7;        ///< 0: never read from disk.
  int64_t max_bytes = 1LL << 30;
  int64_t memory_bytes = 64LL << 20;  ///< 0: no memory tier.
  size_t dim = 0;                     ///< Every vector of this cache has it.
};

enum class CacheTier : uint8_t { kMiss, kMemory, kDisk };

struct VectorCacheCounters {
  uint64_t memory_hits = 0;
  uint64_t disk_hits = 0;
  uint64_t misses = 0;
  uint64_t evicted = 0;
  uint64_t expired = 0;
  uint64_t checksum_misses = 0;
  uint64_t dropped_writes = 0;
};

/// Thread-safe.
class VectorCache {
 public:
  /// Always gives a cache; what could not be opened is left out and logged once as a warning.
  static std::unique_ptr<VectorCache> Open(const VectorCacheOptions& options);
  virtual ~VectorCache() = default;  ///< Writes what is queued.

  /// Looks up keys; a found vector i is written to out[i * dim]. Returns the tier per key.
  virtual std::vector<CacheTier> Find(std::span<const CacheKey> keys, std::span<float> out) = 0;

  /// Stores vectors [keys.size(), dim]; the disk write happens behind. Non-finite vectors must
  /// not be given.
  virtual void Insert(std::span<const CacheKey> keys, std::span<const float> vectors) = 0;

  /// Waits until what was inserted before is on disk or dropped.
  virtual void Flush() = 0;

  virtual VectorCacheCounters counters() const = 0;
  /// "memory and disk", "memory only: cache/embeddings is read-only", ...
  virtual std::string state() const = 0;
};

}  // namespace vetor
