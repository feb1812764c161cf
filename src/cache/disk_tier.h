// The records on disk, as VectorCache sees them.
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
  /// Read-write if the lock can be taken; read-only beside another writer and in a folder that
  /// cannot be written. Else null, as for a database of another version or program; then *why has
  /// the reason (logged as a warning unless it was asked for).
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
  std::string read_only_;  // Why; empty: read-write.
  ReaderPool readers_;
  std::unique_ptr<DiskWriteLoop> loop_;  // Null: read-only. Destroyed before the readers.
  std::atomic<uint64_t> expired_{0};
  std::atomic<uint64_t> damaged_{0};
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace vetor
