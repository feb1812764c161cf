// The records in memory, as VectorCache sees them.
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
  /// `bytes`: as MemoryTable. `below` is told what memory answers for a long time, which looks
  /// unused there; null: there is none. It outlives the tier.
  MemoryTier(int64_t bytes, CacheTier* below) : table_(bytes), below_(below) {}

  /// Null if the options have no room for one.
  static std::unique_ptr<CacheTier> Open(const VectorCacheOptions& options,
                                         const CacheEnvironment& environment, CacheTier* below,
                                         std::string* why);

  std::string_view name() const override { return "memory"; }
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
