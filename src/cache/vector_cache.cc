#include "cache/vector_cache.h"

#include <atomic>
#include <cassert>
#include <chrono>
#include <utility>

#include "base/disk_space.h"
#include "base/fork_guard.h"
#include "base/log.h"
#include "cache/cache_environment.h"
#include "cache/disk_tier.h"
#include "cache/memory_tier.h"

namespace vetor {
namespace {

class TieredCache final : public VectorCache {
 public:
  TieredCache(const VectorCacheOptions& options, const CacheEnvironment& environment);
  ~TieredCache() override;

  void Find(std::span<const CacheKey> keys, RecordList* records) override;
  void Insert(std::span<const CacheKey> keys, std::span<const Record> records) override;
  void Flush() override;
  VectorCacheCounters counters() const override;
  std::string state() const override;

 private:
  // The child of a fork: says so once.
  bool Forked();
  void FindInMemory(std::span<const CacheKey> keys, RecordList* records);
  void FindOnDisk(std::span<const CacheKey> keys, RecordList* records);
  void InsertInMemory(const CacheKey& key, const Record& record);

  const ForkGuard fork_guard_;
  MemoryTier memory_;
  std::string no_disk_;  // Why disk_ is null.
  std::unique_ptr<DiskTier> disk_;
  std::atomic<bool> fork_told_{false};
  std::atomic<uint64_t> memory_hits_{0};
  std::atomic<uint64_t> disk_hits_{0};
  std::atomic<uint64_t> misses_{0};
  std::atomic<uint64_t> memory_evicted_{0};
  std::atomic<uint64_t> memory_damaged_{0};
};

TieredCache::TieredCache(const VectorCacheOptions& options, const CacheEnvironment& environment)
    : memory_(options.memory_bytes) {
  disk_ = DiskTier::Open(options, environment, &no_disk_);
}

TieredCache::~TieredCache() {
  // The child has no writer thread to join, its mutexes may be locked for ever, and closing its
  // copy of a connection would tidy away the parent's log. So it is left as it is.
  if (fork_guard_.InChild()) static_cast<void>(disk_.release());
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
  FindInMemory(keys, records);
  const size_t not_in_memory = records->missing();
  if (disk_ != nullptr && not_in_memory > 0) FindOnDisk(keys, records);
  memory_hits_.fetch_add(keys.size() - not_in_memory, std::memory_order_relaxed);
  disk_hits_.fetch_add(not_in_memory - records->missing(), std::memory_order_relaxed);
  misses_.fetch_add(records->missing(), std::memory_order_relaxed);
}

void TieredCache::FindInMemory(std::span<const CacheKey> keys, RecordList* records) {
  const uint32_t epoch = disk_ == nullptr ? 0 : disk_->epoch();
  std::vector<CacheKey> touched;
  records->ComeFrom(CacheTier::kMemory);
  for (size_t i = 0; i < keys.size(); ++i) {
    const MemoryTier::Found found = memory_.Find(keys[i], i, records);
    if (found.damaged) memory_damaged_.fetch_add(1, std::memory_order_relaxed);
    // What memory answers for a long time looks unused on disk, and would be gone after a restart.
    if (found.hit && found.epoch + 2 <= epoch) {
      memory_.SetEpoch(keys[i], epoch);
      touched.push_back(keys[i]);
    }
  }
  if (!touched.empty()) disk_->Touch(touched);
}

void TieredCache::FindOnDisk(std::span<const CacheKey> keys, RecordList* records) {
  records->ComeFrom(CacheTier::kDisk);
  disk_->Find(keys, records);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (records->tier(i) == CacheTier::kDisk) InsertInMemory(keys[i], (*records)[i]);
  }
}

void TieredCache::InsertInMemory(const CacheKey& key, const Record& record) {
  const int evicted = memory_.Insert(key, record, disk_ == nullptr ? 0 : disk_->epoch());
  memory_evicted_.fetch_add(static_cast<uint64_t>(evicted), std::memory_order_relaxed);
}

void TieredCache::Insert(std::span<const CacheKey> keys, std::span<const Record> records) {
  assert(records.size() >= keys.size());
  if (Forked()) return;
  for (size_t i = 0; i < keys.size(); ++i) InsertInMemory(keys[i], records[i]);
  if (disk_ != nullptr) disk_->Insert(keys, records);
}

void TieredCache::Flush() {
  if (!Forked() && disk_ != nullptr) disk_->Flush();
}

VectorCacheCounters TieredCache::counters() const {
  VectorCacheCounters counters;
  counters.memory_hits = memory_hits_.load(std::memory_order_relaxed);
  counters.disk_hits = disk_hits_.load(std::memory_order_relaxed);
  counters.misses = misses_.load(std::memory_order_relaxed);
  counters.memory_evicted = memory_evicted_.load(std::memory_order_relaxed);
  counters.checksum_misses = memory_damaged_.load(std::memory_order_relaxed);
  if (disk_ != nullptr) disk_->AddTo(&counters);
  return counters;
}

std::string TieredCache::state() const {
  if (fork_guard_.InChild()) return "off: this process was forked from one with an open cache";
  const bool memory = memory_.holds_any();
  if (disk_ != nullptr) return (memory ? "memory and " : "") + disk_->state();
  return (memory ? "memory only: " : "off: ") + no_disk_;
}

}  // namespace

CacheEnvironment CacheEnvironment::Real() {
  CacheEnvironment environment;
  environment.wall_seconds = [] {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  environment.steady_now = [] { return std::chrono::steady_clock::now(); };
  environment.free_bytes = [](const std::filesystem::path& path) { return FreeDiskBytes(path); };
  return environment;
}

std::unique_ptr<VectorCache> OpenVectorCache(const VectorCacheOptions& options,
                                             const CacheEnvironment& environment) {
  return std::make_unique<TieredCache>(options, environment);
}

std::unique_ptr<VectorCache> VectorCache::Open(const VectorCacheOptions& options) {
  return OpenVectorCache(options, CacheEnvironment::Real());
}

}  // namespace vetor
