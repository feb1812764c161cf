#include "cache/vector_cache.h"

#include <atomic>
#include <cassert>
#include <deque>
#include <iterator>
#include <utility>

#include "cache/cache_environment.h"
#include "cache/disk_tier.h"
#include "cache/memory_tier.h"
#include "os/fork_guard.h"
#include "os/log.h"

namespace vetor {
namespace {

class TieredCache final : public VectorCache {
 public:
  TieredCache(const VectorCacheOptions& options, const CacheEnvironment& environment);
  ~TieredCache() override;

  void Find(std::span<const CacheKey> keys, RecordList* records) override;
  bool FindInMemory(std::span<const CacheKey> keys, RecordList* records) override;
  void Insert(std::span<const CacheKey> keys, std::span<const Record> records) override;
  void Flush() override;
  VectorCacheCounters counters() const override;
  std::string state() const override;

 private:
  struct Tier {
    explicit Tier(std::unique_ptr<CacheTier> opened) : tier(std::move(opened)) {}
    std::unique_ptr<CacheTier> tier;
    std::atomic<uint64_t> hits{0};
  };

  // Whether this is the child of a fork; it says so once.
  bool Forked();
  // Puts the records that were found in tier number `found` into the tiers above it.
  void Raise(std::span<const CacheKey> keys, const RecordList& records, uint8_t found);

  const ForkGuard fork_guard_;
  std::string absent_;      // Why a tier was not opened.
  std::deque<Tier> tiers_;  // Sorted by speed, the fastest first.
  std::atomic<bool> fork_told_{false};
  std::atomic<uint64_t> misses_{0};
};

// Opens a tier. The table has the fastest tier first. `below` is the next slower tier that is open,
// or null. If a tier is not opened, the function returns null and *why says why, unless that is
// normal.
using OpenTier = std::unique_ptr<CacheTier> (*)(const VectorCacheOptions& options,
                                                const CacheEnvironment& environment,
                                                CacheTier* below, std::string* why);
constexpr OpenTier kTiers[] = {&MemoryTier::Open, &DiskTier::Open};

TieredCache::TieredCache(const VectorCacheOptions& options, const CacheEnvironment& environment) {
  for (auto open = std::rbegin(kTiers); open != std::rend(kTiers); ++open) {
    std::string why;
    CacheTier* const below = tiers_.empty() ? nullptr : tiers_.front().tier.get();
    std::unique_ptr<CacheTier> tier = (*open)(options, environment, below, &why);
    if (tier != nullptr) {
      tiers_.emplace_front(std::move(tier));
    } else if (!why.empty()) {
      absent_ += (absent_.empty() ? "" : "; ") + why;
    }
  }
}

TieredCache::~TieredCache() {
  // The child has no writer thread to join, its mutexes may be locked for ever, and closing its
  // copy of a connection would remove the parent's log. So everything is left as it is.
  if (!fork_guard_.InChild()) return;
  for (Tier& tier : tiers_) static_cast<void>(tier.tier.release());
}

bool TieredCache::Forked() {
  if (!fork_guard_.InChild()) return false;
  if (!fork_told_.exchange(true)) {
    Log(LogLevel::kWarning,
        "cache: off in this process, because it was forked from one with an open cache; open the "
        "service after the fork");
  }
  return true;
}

void TieredCache::Find(std::span<const CacheKey> keys, RecordList* records) {
  records->Reset(keys.size());
  if (Forked()) return;
  uint8_t number = 0;
  for (Tier& tier : tiers_) {
    const size_t missing = records->missing();
    if (missing == 0) return;
    records->ComeFrom(++number);
    tier.tier->Find(keys, records);
    const size_t found = missing - records->missing();
    tier.hits.fetch_add(found, std::memory_order_relaxed);
    if (found > 0 && number > 1) Raise(keys, *records, number);
  }
  misses_.fetch_add(records->missing(), std::memory_order_relaxed);
}

bool TieredCache::FindInMemory(std::span<const CacheKey> keys, RecordList* records) {
  records->Reset(keys.size());
  if (Forked()) return false;
  uint8_t number = 0;
  for (Tier& tier : tiers_) {
    if (!tier.tier->in_memory()) break;
    records->ComeFrom(++number);
    tier.tier->Find(keys, records);
  }
  if (records->missing() > 0) return false;
  for (size_t i = 0; i < keys.size(); ++i) {
    tiers_[records->tier(i) - 1U].hits.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

void TieredCache::Raise(std::span<const CacheKey> keys, const RecordList& records, uint8_t found) {
  std::vector<CacheKey> found_keys;
  std::vector<Record> found_records;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (records.tier(i) != found) continue;
    found_keys.push_back(keys[i]);
    found_records.push_back(records[i]);
  }
  for (size_t above = 0; above + 1 < found; ++above) {
    tiers_[above].tier->Insert(found_keys, found_records);
  }
}

void TieredCache::Insert(std::span<const CacheKey> keys, std::span<const Record> records) {
  assert(records.size() >= keys.size());
  if (Forked()) return;
  for (Tier& tier : tiers_) tier.tier->Insert(keys, records);
}

void TieredCache::Flush() {
  if (Forked()) return;
  for (Tier& tier : tiers_) tier.tier->Flush();
}

VectorCacheCounters TieredCache::counters() const {
  VectorCacheCounters counters;
  counters.misses = misses_.load(std::memory_order_relaxed);
  for (const Tier& tier : tiers_) {
    counters.tiers.push_back(tier.tier->counters());
    counters.tiers.back().hits = tier.hits.load(std::memory_order_relaxed);
  }
  return counters;
}

std::string TieredCache::state() const {
  if (fork_guard_.InChild()) return "off: this process was forked from one with an open cache";
  std::string states;
  for (const Tier& tier : tiers_) states += (states.empty() ? "" : " and ") + tier.tier->state();
  if (absent_.empty()) return states;
  return (states.empty() ? "off: " : states + " only: ") + absent_;
}

}  // namespace

CacheTierMetrics VectorCacheCounters::Of(std::string_view name) const {
  for (const CacheTierMetrics& tier : tiers) {
    if (tier.name == name) return tier;
  }
  return {};
}

CacheTierMetrics VectorCacheCounters::Total() const {
  CacheTierMetrics total;
  for (const CacheTierMetrics& tier : tiers) {
    total.hits += tier.hits;
    total.evicted += tier.evicted;
    total.expired += tier.expired;
    total.checksum_misses += tier.checksum_misses;
    total.dropped_writes += tier.dropped_writes;
  }
  return total;
}

std::unique_ptr<VectorCache> OpenVectorCache(const VectorCacheOptions& options,
                                             const CacheEnvironment& environment) {
  return std::make_unique<TieredCache>(options, environment);
}

std::unique_ptr<VectorCache> VectorCache::Open(const VectorCacheOptions& options) {
  return OpenVectorCache(options, CacheEnvironment::Real());
}

}  // namespace vetor
