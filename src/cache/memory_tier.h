// The vectors in memory: least recently used goes first, bounded in bytes with all overhead
// counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"

namespace vetor {

/// Thread-safe. Keys are spread over up to 16 shards, each a hash table over an LRU list with its
/// own mutex; small tiers have one shard and so exact LRU order. Memory grows in chunks as it
/// fills.
class MemoryTier {
 public:
  /// `bytes` bounds all that the tier allocates. Fewer than one entry's: the tier holds nothing.
  MemoryTier(size_t dim, int64_t bytes);
  ~MemoryTier();
  MemoryTier(const MemoryTier&) = delete;
  MemoryTier& operator=(const MemoryTier&) = delete;

  struct Found {
    bool hit = false;
    bool damaged = false;  ///< The checksum did not match; the entry is gone.
    uint32_t epoch = 0;    ///< As given to Insert or SetEpoch.
  };
  /// Copies the vector to out[0, dim) and makes the entry the most recently used.
  Found Find(const CacheKey& key, std::span<float> out);

  /// Stores or replaces. `epoch` is the caller's mark. Returns how many entries had to go.
  int Insert(const CacheKey& key, std::span<const float> vector, uint32_t epoch);

  void SetEpoch(const CacheKey& key, uint32_t epoch);

  size_t entries() const;
  /// How many fit.
  size_t capacity() const { return capacity_; }
  /// Allocated now; at most what the constructor was given.
  size_t bytes() const;

 private:
  friend class MemoryTierPeer;
  struct Slot;
  class Shard;
  Shard& ShardOf(const CacheKey& key) const;
  void FlipBit(const CacheKey& key, size_t bit);  // Damage, for the test.

  size_t capacity_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace vetor
