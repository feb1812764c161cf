// One level of the cache. Levels lie over each other, the fastest first; VectorCache asks one after
// the other. A new kind of storage is one class behind this interface and one line in the list of
// vector_cache.cc (kTiers).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cache/cache_key.h"
#include "cache/record.h"
#include "vetor/metrics.h"

namespace vetor {

/// Thread-safe. Trouble of any kind is a miss or a dropped write, and shows in state() and
/// counters(); nothing here fails a caller. Only whole, intact records are found.
class CacheTier {
 public:
  virtual ~CacheTier() = default;  ///< Writes the queued records.

  virtual std::string_view name() const = 0;

  /// Adds to `records` those that it lacks and this tier holds.
  virtual void Find(std::span<const CacheKey> keys, RecordList* records) = 0;

  /// Copies and stores the records of the keys, replacing; never waits.
  virtual void Insert(std::span<const CacheKey> keys, std::span<const Record> records) = 0;

  /// Says that these were used in a tier above, so that they do not leave next.
  virtual void Touch(std::span<const CacheKey> keys) = 0;
  /// Counts up when many of the tier's records have changed. A record that is used in a tier above
  /// two counts after its last mark is worth a Touch. 0: no record is.
  virtual uint32_t epoch() const = 0;

  /// Waits until all records inserted before are stored or dropped.
  virtual void Flush() = 0;

  /// Without hits, which VectorCache counts.
  virtual CacheTierMetrics counters() const = 0;
  /// The name, or with its trouble: "disk, read-only: ...".
  virtual std::string state() const = 0;
};

}  // namespace vetor
