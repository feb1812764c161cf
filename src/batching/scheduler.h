// Calls in, batches out to worker threads: a bounded queue around FairQueue, one worker a core.
//
// A call of a few texts that nobody may cut short is computed by its own caller where a worker's
// place is free: two task switches less, which on a busy machine take longer than the model.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "base/thread_annotations.h"
#include "batching/fair_queue.h"
#include "batching/token_batch.h"
#include "vetor/status.h"

namespace vetor {

/// One text of a call, ready to run. Views into the call's own storage.
struct ScheduledText {
  std::span<const int64_t> token_ids;
  std::span<const int64_t> token_type_ids;  ///< Empty: all zero.
  uint32_t prompt_tokens = 0;
  std::string_view text;
};

/// One caller's work. Shared with the workers, so that a caller who gives up can leave while a
/// batch with its rows still runs; whatever the views and Deliver touch must live in the call.
class ScheduledCall {
 public:
  virtual ~ScheduledCall() = default;

  /// Filled before Run, constant afterwards.
  std::vector<ScheduledText> texts;

  /// Takes the vector of text `index`. Called by workers, once a text, for different texts at the
  /// same time.
  virtual void Deliver(uint32_t index, std::span<const float> vector) = 0;

  /// The text's work failed. The first failure of a call is what Run returns.
  void Fail(Status status);

 private:
  friend class Scheduler;
  Mutex failure_mutex_;
  Status failure_ VETOR_GUARDED_BY(failure_mutex_);
  std::atomic<bool> failed_{false};

  size_t remaining_ = 0;  ///< Guarded by the scheduler's mutex, like done_.
  CondVar done_;
};

/// A row of a running batch: whose it is.
struct ScheduledRow {
  ScheduledCall* call = nullptr;
  uint32_t index = 0;
};

struct SchedulerOptions {
  BatchLimits limits;                    ///< limits.workers is the number of threads.
  size_t max_queued_tokens = 4'000'000;  ///< Run waits above it (32 MB of ids).
};

/// How long a caller is willing to wait.
struct Patience {
  std::stop_token stop;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  bool fail_when_full = false;  ///< RESOURCE_EXHAUSTED instead of waiting for room.
};

/// Thread-safe.
class Scheduler {
 public:
  /// Computes a batch and delivers or fails each of its rows. Called by workers, and by callers in
  /// their stead, at the same time.
  using RunBatch = std::function<void(const TokenBatch& batch, std::span<const ScheduledRow> rows)>;

  Scheduler(const SchedulerOptions& options, RunBatch run);
  /// Finishes running batches. REQUIRES: no Run in progress.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Returns when every text was delivered, one failed, or patience ended (CANCELLED,
  /// DEADLINE_EXCEEDED); in the latter cases what was still queued is dropped at once.
  Status Run(const std::shared_ptr<ScheduledCall>& call, const Patience& patience);

 private:
  struct Taken {
    std::vector<std::shared_ptr<ScheduledCall>> owners;  ///< Keeps the calls alive while they run.
    std::vector<ScheduledRow> rows;
    bool alone = false;  ///< TokenBatch::alone.
  };

  void WorkerLoop();
  void Help(const ScheduledCall& call) VETOR_REQUIRES(mutex_);
  Taken TakeBatch() VETOR_REQUIRES(mutex_);
  void FinishBatch(const Taken& taken) VETOR_REQUIRES(mutex_);
  Status WaitForRoom(size_t tokens, const Patience& patience) VETOR_REQUIRES(mutex_);
  Status WaitUntilDone(ScheduledCall* call, const Patience& patience) VETOR_REQUIRES(mutex_);

  const SchedulerOptions options_;
  const RunBatch run_;
  const size_t places_;  ///< Batches at the same time: the number of workers.

  Mutex mutex_;
  FairQueue queue_ VETOR_GUARDED_BY(mutex_);
  std::map<FairQueue::CallId, std::shared_ptr<ScheduledCall>> calls_ VETOR_GUARDED_BY(mutex_);
  FairQueue::CallId next_call_ VETOR_GUARDED_BY(mutex_) = 0;
  size_t running_ VETOR_GUARDED_BY(mutex_) = 0;  ///< Batches, of workers and of helping callers.
  bool stopping_ VETOR_GUARDED_BY(mutex_) = false;
  CondVar work_;
  CondVar room_;

  std::vector<std::thread> workers_;
};

}  // namespace vetor
