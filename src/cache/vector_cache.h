// Key to vector: a memory tier over a disk tier (SQLite), both bounded, every value checksummed.
//
// Trouble of any kind (folder not writable, disk full, damaged file, another writer) degrades: a
// read becomes a miss, a write is dropped and counted, and `state()` says so in words. Nothing
// here ever fails a caller or returns a wrong vector.
//
// Order of use by a call: Find; for the misses claim in InFlight, compute, Insert, Publish.
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
  /// Holds vectors.db (with its -wal and -shm), writer.lock and, after damage, up to four
  /// vectors.db.damaged.N (put_aside.h). Made where absent, for this user alone: 0700, its files
  /// 0600. A folder that is there keeps its mode, and new files are as open as it is. A vectors.db
  /// of another version of vetor, or of another program, is left alone: then memory only. Empty: no
  /// disk tier.
  std::filesystem::path dir;

  /// A vector on disk is good so long after it was computed; one from the future (the clock went
  /// back by more than 5 minutes) is not. 0: the disk is neither read nor written. What is in
  /// memory does not age: the same key always means the same vector.
  double ttl_days = 7;

  /// Bound of database and log together, at least 1 MiB. Databases put aside after damage are kept
  /// beside it, four at most, uncounted. 64 MiB of the volume are left free whatever this says.
  int64_t max_bytes = 1LL << 30;

  /// Bound of the memory tier, all overhead counted. 0: no memory tier. Up to 16 MiB of vectors
  /// that wait to be written come on top.
  int64_t memory_bytes = 64LL << 20;

  size_t dim = 0;  ///< Every vector of this cache has it.
};

enum class CacheTier : uint8_t { kMiss, kMemory, kDisk };

/// Cumulative since Open.
struct VectorCacheCounters {
  uint64_t memory_hits = 0;
  uint64_t disk_hits = 0;  ///< Those still waiting to be written included.
  uint64_t misses = 0;
  uint64_t evicted = 0;          ///< Removed from disk to stay within max_bytes.
  uint64_t memory_evicted = 0;   ///< Removed from memory; mostly still on disk.
  uint64_t expired = 0;          ///< Looked up, but too old or from the future.
  uint64_t checksum_misses = 0;  ///< Found damaged, and removed.
  uint64_t dropped_writes = 0;   ///< Vectors that did not reach the disk.
};

/// Thread-safe. Hits cost about 0.5 us from memory and 10 us from disk (384 floats).
///
/// After fork(2) the child's copy finds nothing, stores nothing and says so in state(): open a new
/// cache there. The parent's goes on undisturbed.
class VectorCache {
 public:
  /// Always gives a cache; what could not be opened is left out and logged once as a warning.
  static std::unique_ptr<VectorCache> Open(const VectorCacheOptions& options);
  virtual ~VectorCache() = default;  ///< Writes what is queued.

  /// Looks up keys; a found vector i is written to out[i * dim]. Returns the tier per key. Rows of
  /// `out` that were not found hold anything afterwards. REQUIRES: out.size() >= keys.size() * dim.
  virtual std::vector<CacheTier> Find(std::span<const CacheKey> keys, std::span<float> out) = 0;

  /// Stores vectors [keys.size(), dim], replacing; never waits, the disk write happens behind:
  /// 256 at a time or after 50 ms. Non-finite vectors must not be given.
  virtual void Insert(std::span<const CacheKey> keys, std::span<const float> vectors) = 0;

  /// Waits until what was inserted before is on disk or dropped.
  virtual void Flush() = 0;

  virtual VectorCacheCounters counters() const = 0;
  /// "memory and disk", "memory only: ttl_days is 0", "memory and disk, read-only: ...", ...
  virtual std::string state() const = 0;
};

}  // namespace vetor
