// The thread that writes: it takes batches from the queue, keeps the bounds, and recovers from
// trouble.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/thread_annotations.h"
#include "cache/cache_environment.h"
#include "cache/disk_writer.h"
#include "cache/reader_pool.h"
#include "cache/vector_cache.h"
#include "cache/write_queue.h"
#include "os/file_lock.h"
#include "os/fork_guard.h"
#include "os/worker_threads.h"

namespace vetor {

/// Takes the writer's lock of a cache folder. The folder and the lock's file are made for this user
/// alone if they are missing (os/new_file.h). Errors: those of FileLock and of the file system.
Result<FileLock> LockCacheFolder(const std::filesystem::path& dir);

/// Owns the writer's lock and the one writing connection. Trouble never reaches a caller: rows are
/// dropped and counted, the next attempt waits 0.1 s, doubling up to 30 s, and one warning is
/// logged per kind of trouble. A damaged database is put aside (put_aside.h), and an empty one
/// takes its place. A database of another version or program is left alone.
class DiskWriteLoop {
 public:
  /// `readers` outlives the loop. Nothing is opened before Start.
  DiskWriteLoop(const VectorCacheOptions& options, const CacheEnvironment& environment,
                FileLock lock, ReaderPool* readers);
  /// Writes the queued records.
  ~DiskWriteLoop();
  DiskWriteLoop(const DiskWriteLoop&) = delete;
  DiskWriteLoop& operator=(const DiskWriteLoop&) = delete;

  /// Opens the database and starts the thread. Errors: RESOURCE_EXHAUSTED if the thread cannot be
  /// started, FAILED_PRECONDITION for a database that is not ours. If the database cannot be opened
  /// for another reason, the thread tries again.
  Status Start();

  WriteQueue& queue() { return queue_; }

  /// A reader reports damage (DATA_LOSS): the loop will put the database aside.
  void ReportDamage(const Status& status);

  // As in DiskWriter, but any thread may call it.
  int64_t touch_below() const { return touch_below_.load(std::memory_order_relaxed); }
  uint32_t epoch() const { return epoch_.load(std::memory_order_relaxed); }

  uint64_t evicted() const { return evicted_.load(std::memory_order_relaxed); }
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  /// Why nothing is written now; empty if records are being written.
  std::string trouble() const;

 private:
  void Run();
  void CloseWriter();
  void Step(const WriteBatch& batch);
  void WriteAll(const WriteBatch& batch);
  void SweepStep();
  // Whether a write may be tried now; opens the database if it is not open.
  bool Ready();
  // These three keep the readers out until the database has its tables.
  Status OpenWriter();
  Status TakeFolderAgain();
  Status PutAsideAndOpen(const Status& reason);
  Status CheckFreeSpace() const;
  void ReplaceDamaged(const Status& reason);
  void ForgetDamage();
  void HandleFailure(const Status& status);
  void BackOff(const Status& status);
  void Recovered();
  void PublishRecency();

  const VectorCacheOptions options_;
  const CacheEnvironment environment_;
  const DiskPaths paths_;
  ReaderPool* const readers_;
  WriteQueue queue_;

  // Used by the writing thread (and by Start before it) under a ForkPass: a thread that forks
  // closes the writer.
  std::optional<FileLock> lock_;
  std::unique_ptr<DiskWriter> writer_;
  // While one database is put aside, the new one is not put aside too.
  bool putting_aside_ = false;
  bool closed_before_fork_ = false;
  bool sweeping_ = true;
  std::chrono::steady_clock::time_point next_sweep_{};
  std::chrono::steady_clock::time_point retry_at_{};
  std::chrono::milliseconds retry_delay_{0};

  std::atomic<int64_t> touch_below_{0};
  std::atomic<uint32_t> epoch_{0};
  std::atomic<uint64_t> evicted_{0};
  std::atomic<uint64_t> dropped_{0};
  mutable Mutex mutex_;
  std::string trouble_ VETOR_GUARDED_BY(mutex_);
  Status damage_ VETOR_GUARDED_BY(mutex_);
  WorkerThreads thread_;  // Declared after everything that it uses.
  // Declared last, so that no fork closes what is being destroyed.
  const CloseBeforeFork close_before_fork_;
};

}  // namespace vetor
