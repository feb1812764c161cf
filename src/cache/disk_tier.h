// The disk tier of VectorCache.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cache/cache_environment.h"
#include "cache/cache_tier.h"
#include "cache/disk_write_loop.h"
#include "cache/reader_pool.h"
#include "cache/vector_cache.h"

namespace vetor {

/// In a forked child nothing may be called, not even the destructor.
class DiskTier final : public CacheTier {
 public:
  /// Opens read-write if the lock can be taken. Beside another writer, and in a folder that cannot
  /// be written, it opens read-only. Otherwise, as for a database of another version or program, it
  /// returns null and *why says why; the reason is logged as a warning unless the user asked for no
  /// disk tier.
  static std::unique_ptr<CacheTier> Open(const VectorCacheOptions& options,
                                         const CacheEnvironment& environment, CacheTier* below,
                                         std::string* why);
  ~DiskTier() override;

  std::string_view name() const override { return "disk"; }
  /// Also finds records that wait to be written.
  void Find(std::span<const CacheKey> keys, RecordList* records) override;
  void Insert(std::span<const CacheKey> keys, std::span<const Record> records) override;
  void Touch(std::span<const CacheKey> keys) override;
  /// See DiskWriter::epoch.
  uint32_t epoch() const override { return loop_ == nullptr ? 0 : loop_->epoch(); }
  void Flush() override;
  CacheTierMetrics counters() const override;
  std::string state() const override;

 private:
  DiskTier(const VectorCacheOptions& options, const CacheEnvironment& environment,
           ReaderFolder folder);
  static std::unique_ptr<DiskTier> OpenReadOnly(const VectorCacheOptions& options,
                                                const CacheEnvironment& environment,
                                                const Status& lock, std::string* why);

  const VectorCacheOptions options_;
  const CacheEnvironment environment_;
  std::string read_only_;  // Why the tier only reads; empty if it also writes.
  ReaderPool readers_;
  // Null if the tier only reads. Destroyed before the readers.
  std::unique_ptr<DiskWriteLoop> loop_;
  std::atomic<uint64_t> expired_{0};
  std::atomic<uint64_t> damaged_{0};
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace vetor
