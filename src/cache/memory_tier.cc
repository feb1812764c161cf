#include "cache/memory_tier.h"

#include <vector>

namespace vetor {

std::unique_ptr<CacheTier> MemoryTier::Open(const VectorCacheOptions& options,
                                            const CacheEnvironment& /*environment*/,
                                            CacheTier* below, std::string* /*why*/) {
  if (options.memory_bytes < MemoryTable::kLeastBytes) return nullptr;
  return std::make_unique<MemoryTier>(options.memory_bytes, below);
}

void MemoryTier::Find(std::span<const CacheKey> keys, RecordList* records) {
  const uint32_t epoch = EpochBelow();
  std::vector<CacheKey> touched;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (records->Has(i)) continue;
    const MemoryTable::Found found = table_.Find(keys[i], i, records);
    if (found.damaged) damaged_.fetch_add(1, std::memory_order_relaxed);
    // If the tier below does not hear of it, the record is gone after a restart.
    if (found.hit && found.epoch + 2 <= epoch) {
      table_.SetEpoch(keys[i], epoch);
      touched.push_back(keys[i]);
    }
  }
  if (!touched.empty()) below_->Touch(touched);
}

void MemoryTier::Insert(std::span<const CacheKey> keys, std::span<const Record> records) {
  const uint32_t epoch = EpochBelow();
  uint64_t evicted = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    evicted += static_cast<uint64_t>(table_.Insert(keys[i], records[i], epoch));
  }
  evicted_.fetch_add(evicted, std::memory_order_relaxed);
}

CacheTierMetrics MemoryTier::counters() const {
  return {.name = std::string(name()),
          .evicted = evicted_.load(std::memory_order_relaxed),
          .checksum_misses = damaged_.load(std::memory_order_relaxed)};
}

}  // namespace vetor
