// The memory tier of VectorCache.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "cache/cache_tier.h"
#include "cache/memory_table.h"
#include "cache/vector_cache.h"

namespace vetor {

class MemoryTier final : public CacheTier {
 public:
  /// `bytes` is the bound of the MemoryTable. `below` is told of records that memory has answered
  /// for a long time, because they look unused there; null: there is no such tier. It outlives this
  /// tier.
  MemoryTier(int64_t bytes, CacheTier* below) : table_(bytes), below_(below) {}

  /// Null if the options leave no room for a memory tier.
  static std::unique_ptr<CacheTier> Open(const VectorCacheOptions& options,
                                         const CacheEnvironment& environment, CacheTier* below,
                                         std::string* why);

  std::string_view name() const override { return "memory"; }
  bool in_memory() const override { return true; }
  void Find(std::span<const CacheKey> keys, RecordList* records) override;
  void Insert(std::span<const CacheKey> keys, std::span<const Record> records) override;
  void Touch(std::span<const CacheKey>) override {}
  uint32_t epoch() const override { return 0; }
  void Flush() override {}
  CacheTierMetrics counters() const override;
  std::string state() const override { return "memory"; }

 private:
  uint32_t EpochBelow() const { return below_ == nullptr ? 0 : below_->epoch(); }

  MemoryTable table_;
  CacheTier* const below_;
  std::atomic<uint64_t> evicted_{0};
  std::atomic<uint64_t> damaged_{0};
};

}  // namespace vetor
