// A pool of reading connections: each thread that reads has one to itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/thread_annotations.h"
#include "cache/disk_format.h"
#include "cache/disk_reader.h"
#include "os/fork_guard.h"

namespace vetor {

/// Thread-safe. Idle readers are closed before a fork.
class ReaderPool {
 public:
  using SteadyNow = std::function<std::chrono::steady_clock::time_point()>;
  using OnDamage = std::function<void(const Status&)>;
  /// `on_damage` is called with DATA_LOSS, always before a Suspend that begins meanwhile returns.
  /// So a report after Resume is about the new database.
  ReaderPool(const DiskPaths& paths, ReaderFolder folder, SteadyNow steady_now, OnDamage on_damage);

  /// Returns a reader that belongs to this thread until it is released. REQUIRES: a ForkPass that
  /// is held from before this call until after Release. Returns null while the pool is suspended,
  /// or if the database cannot be opened; a second later a call tries again.
  std::unique_ptr<DiskReader> Acquire();
  /// Gives it back with the status of the look-up; after an error it is closed.
  void Release(std::unique_ptr<DiskReader> reader, const Status& status);

  /// Closes every reader, waiting for those in use. Acquire gives no reader until Resume was called
  /// as often as Suspend.
  void Suspend();
  void Resume();

 private:
  void CloseIdle();

  const DiskPaths paths_;
  const ReaderFolder folder_;
  const SteadyNow steady_now_;
  const OnDamage on_damage_;
  Mutex mutex_;
  CondVar released_;
  std::vector<std::unique_ptr<DiskReader>> idle_ VETOR_GUARDED_BY(mutex_);
  int in_use_ VETOR_GUARDED_BY(mutex_) = 0;
  int suspended_ VETOR_GUARDED_BY(mutex_) = 0;
  bool failed_ VETOR_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point retry_at_ VETOR_GUARDED_BY(mutex_){};
  const CloseBeforeFork close_before_fork_;
};

/// Keeps the readers of a pool closed for as long as it lives.
class SuspendedReaders {
 public:
  explicit SuspendedReaders(ReaderPool* pool) : pool_(pool) { pool_->Suspend(); }
  ~SuspendedReaders() { pool_->Resume(); }
  SuspendedReaders(const SuspendedReaders&) = delete;
  SuspendedReaders& operator=(const SuspendedReaders&) = delete;

 private:
  ReaderPool* const pool_;
};

}  // namespace vetor
