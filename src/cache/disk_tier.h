// The records on disk, as VectorCache sees them.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cache/cache_environment.h"
#include "cache/disk_write_loop.h"
#include "cache/reader_pool.h"

namespace vetor {

/// Thread-safe. Never fails a caller. In a forked child nothing may be called, not even the
/// destructor.
class DiskTier {
 public:
  /// Read-write where the lock can be taken; read-only beside another writer and in a folder that
  /// cannot be written; else null, as for a database of another version or program, and *why says
  /// why (logged as a warning unless it was asked for).
  static std::unique_ptr<DiskTier> Open(const VectorCacheOptions& options,
                                        const CacheEnvironment& environment, std::string* why);
  ~DiskTier();  ///< Writes what is queued.

  /// Adds to `records` what it lacks and what is stored or waits to be.
  void Find(std::span<const CacheKey> keys, RecordList* records);

  void Insert(std::span<const CacheKey> keys, std::span<const Record> records);

  /// These were used, in memory: they are not to be the next to go.
  void Touch(std::span<const CacheKey> keys);
  /// See DiskWriter::epoch.
  uint32_t epoch() const { return loop_ == nullptr ? 0 : loop_->epoch(); }

  void Flush();

  /// Adds to disk's share of the counters.
  void AddTo(VectorCacheCounters* counters) const;
  /// "disk", or what is the matter with it: "disk, read-only: ...".
  std::string state() const;

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
