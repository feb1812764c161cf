// A table of records in memory. It is bounded in bytes with all overhead counted; the least
// recently used record leaves first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"
#include "cache/record.h"

namespace vetor {

/// Thread-safe. Keys are spread over up to 16 shards, each a hash table over an LRU list with its
/// own mutex; small tables have one shard and so exact LRU order. Memory grows as it fills.
class MemoryTable {
 public:
  /// `bytes` bounds all that the table allocates. Below kLeastBytes it holds nothing.
  explicit MemoryTable(int64_t bytes);
  ~MemoryTable();
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;
  static constexpr int64_t kLeastBytes = 4096;

  struct Found {
    bool hit = false;
    bool damaged = false;  ///< The checksum did not match; the entry is gone.
    uint32_t epoch = 0;    ///< The mark that Insert or SetEpoch gave the entry.
  };
  /// Copies the record to place `i` of `out` and makes the entry the most recently used.
  Found Find(const CacheKey& key, size_t i, RecordList* out);

  /// Stores or replaces a record. `epoch` is the caller's mark. Returns how many entries were
  /// evicted. A record that is larger than a shard is not kept.
  int Insert(const CacheKey& key, const Record& record, uint32_t epoch);

  void SetEpoch(const CacheKey& key, uint32_t epoch);

  bool holds_any() const { return !shards_.empty(); }
  size_t entries() const;
  /// Bytes that are allocated now; at most what the constructor was given.
  size_t bytes() const;

 private:
  friend class MemoryTablePeer;
  struct Slot;
  struct Cell;
  class Shard;
  Shard& ShardOf(const CacheKey& key) const;
  void FlipBit(const CacheKey& key, size_t bit);  // Damages an entry, for the test.

  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace vetor
