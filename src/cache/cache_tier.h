// One level of the cache. VectorCache asks the levels one after the other, the fastest first. A new
// kind of storage is one class behind this interface and one line in the list of vector_cache.cc
// (kTiers).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cache/cache_key.h"
#include "cache/record.h"
#include "vetor/metrics.h"

namespace vetor {

/// Thread-safe. Trouble of any kind becomes a miss or a dropped write, and shows in state() and
/// counters(); no call fails. Find returns only whole, intact records.
class CacheTier {
 public:
  virtual ~CacheTier() = default;  ///< Writes the queued records.

  virtual std::string_view name() const = 0;
  /// Whether Find takes microseconds and never waits for a disk or another machine.
  virtual bool in_memory() const { return false; }

  /// Adds to `records` each missing record that this tier holds.
  virtual void Find(std::span<const CacheKey> keys, RecordList* records) = 0;

  /// Copies and stores the records of the keys, replacing older ones; never waits.
  virtual void Insert(std::span<const CacheKey> keys, std::span<const Record> records) = 0;

  /// Says that a tier above used these records, so that they are not evicted next.
  virtual void Touch(std::span<const CacheKey> keys) = 0;
  /// A counter that rises when many of the tier's records have changed. If a tier above uses a
  /// record, and the counter has risen by two since the record's last mark, the record is worth a
  /// Touch. 0: no record is.
  virtual uint32_t epoch() const = 0;

  /// Waits until all records inserted before are stored or dropped.
  virtual void Flush() = 0;

  /// Hits are not included; VectorCache counts them.
  virtual CacheTierMetrics counters() const = 0;
  /// The tier's name, with its trouble if there is any: "disk, read-only: ...".
  virtual std::string state() const = 0;
};

}  // namespace vetor
