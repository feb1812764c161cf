// One level of the cache. Levels lie over each other, the fastest first; VectorCache asks one after
// the other. A new kind of storage is one class behind this interface and one line in
// vector_cache.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cache/cache_key.h"
#include "cache/record.h"

namespace vetor {

/// Cumulative since the tier was opened.
struct TierCounters {
  std::string name;
  uint64_t hits = 0;
  uint64_t evicted = 0;          ///< Removed to stay within the bound.
  uint64_t expired = 0;          ///< Looked up, but too old or from the future.
  uint64_t checksum_misses = 0;  ///< Found damaged, and removed.
  uint64_t dropped_writes = 0;   ///< Records that could not be stored.
};

/// Thread-safe. Trouble of any kind is a miss or a dropped write, and shows in state() and
/// counters(); nothing here fails a caller. Only whole, intact records are found.
class CacheTier {
 public:
  virtual ~CacheTier() = default;  ///< Writes what is queued.

  virtual std::string_view name() const = 0;

  /// Adds to `records` what it lacks and this tier holds.
  virtual void Find(std::span<const CacheKey> keys, RecordList* records) = 0;

  /// Copies and stores the records of the keys, replacing; never waits.
  virtual void Insert(std::span<const CacheKey> keys, std::span<const Record> records) = 0;

  /// These were used in a tier above: they are not to be the next to go.
  virtual void Touch(std::span<const CacheKey> keys) = 0;
  /// Counts up when much of what the tier holds has changed: what was used in a tier above two
  /// counts after its last mark is worth a Touch. 0: nothing is.
  virtual uint32_t epoch() const = 0;

  /// Waits until what was inserted before is stored or dropped.
  virtual void Flush() = 0;

  /// Without hits, which VectorCache counts.
  virtual TierCounters counters() const = 0;
  /// The name, or what is the matter: "disk, read-only: ...".
  virtual std::string state() const = 0;
};

}  // namespace vetor
