// Key to record, through tiers (cache_tier.h): memory over disk (SQLite), both bounded, every
// record checksummed.
//
// Trouble of any kind (folder not writable, disk full, damaged file, another writer) degrades: a
// read becomes a miss, a write is dropped and counted, and `state()` says so in words. Nothing
// here ever fails a caller or returns a wrong record.
//
// A call first calls Find, then computes the misses and calls Insert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache_key.h"
#include "cache/cache_tier.h"
#include "cache/record.h"
#include "cache/vector_space.h"

namespace vetor {

struct CacheEnvironment;

struct VectorCacheOptions {
  /// Holds vectors-2.db (with its -wal and -shm), vectors-2.lock and, after damage, up to four
  /// vectors-2.db.damaged.N (put_aside.h). A missing folder is made for this user alone (0700, its
  /// files 0600). An existing folder keeps its mode, and new files are as open as it is. A
  /// vectors-2.db of another version of vetor, or of another program, is left alone, and vectors
  /// stay in memory. Empty: no disk tier.
  std::filesystem::path dir;

  /// A record on disk is good for this time after it was computed. A record from the future (the
  /// clock went back by more than 5 minutes) is not. 0: the disk is neither read nor written.
  /// Records in memory do not age: the same key always means the same record.
  double ttl_days = 7;

  /// Bound of database and log together, at least 1 MiB. Up to four databases that were put aside
  /// after damage lie beside it and are not counted. 64 MiB of the volume are always left free.
  int64_t max_bytes = 1LL << 30;

  /// Bound of the memory tier with all overhead. 0: no memory tier. Records that wait to be written
  /// come on top, up to 16 MiB.
  int64_t memory_bytes = 64LL << 20;

  /// The vector space of the inserted records; `vetor cache stats` shows it.
  VectorSpace space;
};

/// Counts from Open on.
struct VectorCacheCounters {
  uint64_t misses = 0;  ///< Look-ups that no tier answered.
  /// One per tier, the fastest first: RecordList::tier counts them from 1.
  std::vector<CacheTierMetrics> tiers;

  /// The counters of one tier; zeros if no tier has this name.
  CacheTierMetrics Of(std::string_view name) const;
  /// The sum over all tiers, without a name.
  CacheTierMetrics Total() const;
};

/// Thread-safe. Hits cost about 0.5 us from memory and 10 us from disk (384 floats).
///
/// After fork(2) the child's copy finds nothing, stores nothing and says so in state(): open a new
/// cache there. The parent's goes on undisturbed.
class VectorCache {
 public:
  /// Always returns a cache. A tier that cannot be opened is left out and logged once as a warning.
  static std::unique_ptr<VectorCache> Open(const VectorCacheOptions& options);
  virtual ~VectorCache() = default;  ///< Writes the queued records.

  /// Looks up keys: `records` gets one place for each, and found records are copied there.
  virtual void Find(std::span<const CacheKey> keys, RecordList* records) = 0;

  /// As Find, but asks only the tiers in memory, so that a thread that must not wait can call it.
  /// Returns whether they hold all of the keys. If not, nothing is counted: the caller goes on to
  /// Find.
  virtual bool FindInMemory(std::span<const CacheKey> keys, RecordList* records) = 0;

  /// Copies and stores the records of the keys, replacing older ones. Never waits: the disk is
  /// written in the background, 256 records at a time or after 50 ms.
  virtual void Insert(std::span<const CacheKey> keys, std::span<const Record> records) = 0;

  /// Waits until all records inserted before are on disk or dropped.
  virtual void Flush() = 0;

  virtual VectorCacheCounters counters() const = 0;
  /// "memory and disk", "memory only: ttl_days is 0", "memory and disk, read-only: ...", ...
  virtual std::string state() const = 0;
};

/// As VectorCache::Open, with clocks, disk space and bounds that a test gives.
std::unique_ptr<VectorCache> OpenVectorCache(const VectorCacheOptions& options,
                                             const CacheEnvironment& environment);

}  // namespace vetor
