// Takes calls and gives batches to worker threads: a bounded queue around FairQueue, with one
// worker per core.
//
// The workers also run the steps of calls for which no thread waits (task_queue.h). Steps and
// batches take turns: after a batch a worker spends at most as much time on steps as the batch
// took. So a look into the cache does not wait behind all queued batches, the texts of many such
// calls lie in the queue together and share batches, and a flood of calls does not hold up the
// batches.
//
// A call of a few texts, without deadline or stop token, is computed by its own caller if a
// worker's place is free. This saves two task switches, which on a busy machine take longer than
// the model.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/thread_annotations.h"
#include "batching/fair_queue.h"
#include "batching/task_queue.h"
#include "batching/token_batch.h"
#include "os/worker_threads.h"
#include "vetor/choices.h"
#include "vetor/status.h"

namespace vetor {

/// One text of a call, ready to run. Views into the call's own storage.
struct ScheduledText {
  std::span<const int64_t> token_ids;
  std::span<const int64_t> token_type_ids;  ///< Empty: all zero.
  uint32_t prompt_tokens = 0;
  std::string_view text;
};

/// One caller's work. It is shared with the workers, so that a caller that gives up can leave while
/// a batch with its rows still runs. So all data that the views, or RunBatch through a row, refer
/// to must live in the call.
class ScheduledCall {
 public:
  virtual ~ScheduledCall() = default;

  /// Filled before Run, constant afterwards.
  std::vector<ScheduledText> texts;

  /// Notes that a text failed. Run returns the first failure of a call. May be called from any
  /// thread.
  void Fail(const Status& status) noexcept;

  /// Whether the queue had no room and the call did not want to wait for it.
  bool refused() const { return refused_; }

 private:
  friend class Scheduler;
  Mutex failure_mutex_;
  Status failure_ VETOR_GUARDED_BY(failure_mutex_);
  std::atomic<bool> failed_{false};
  bool refused_ = false;

  // Guarded by the scheduler's mutex.
  size_t remaining_ = 0;
  FairQueue::CallId id_ = 0;  // Set once the call is in the queue.
  CondVar done_;
  std::shared_ptr<WorkerTask> task_;  // For a call for which no thread waits: the task to wake.
};

/// A row of a running batch: its call, and its place there.
struct ScheduledRow {
  ScheduledCall* call = nullptr;
  uint32_t index = 0;
};

struct SchedulerOptions {
  BatchLimits limits;                    ///< limits.workers is the number of threads wanted.
  size_t max_queued_tokens = 4'000'000;  ///< Above this number Run waits (32 MB of ids).
  /// Steps may take this long before a queued batch, even if the last batch took less.
  std::chrono::steady_clock::duration least_task_turn = std::chrono::milliseconds(1);
};

/// When a call ends although texts are left: its stop token and its deadline; and whether it waits
/// for room in the queue.
struct CallLimits {
  std::stop_token stop;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  WhenFull when_full = WhenFull::kWait;  ///< What to do if the queue has no room.

  /// CANCELLED or DEADLINE_EXCEEDED if the call has to end, else OK.
  Status Check() const;
};

/// Thread-safe.
class Scheduler {
 public:
  /// Computes a batch and delivers or fails each of its rows. Called at the same time by workers
  /// and by helping callers. An exception that leaves it fails the calls of all its rows.
  using RunBatch = std::function<void(const TokenBatch& batch, std::span<const ScheduledRow> rows)>;

  /// Starts the workers. If the system gives fewer threads than wanted, those do the work.
  Scheduler(const SchedulerOptions& options, RunBatch run);
  /// Finishes running batches and the steps of woken tasks. REQUIRES: no Run in progress, no call
  /// submitted that was not withdrawn.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Returns when every text was delivered, one failed, or the limits were met (CANCELLED,
  /// DEADLINE_EXCEEDED); in the latter cases the texts that were still queued are dropped at once.
  /// RESOURCE_EXHAUSTED if no worker could be started, or without memory.
  Status Run(const std::shared_ptr<ScheduledCall>& call, const CallLimits& limits);

  /// The same for a call for which no thread waits. False: the queue has no room; `task` is woken
  /// when there may be room, to submit again. True: the texts are in the queue, and `task` is woken
  /// when Outcome has a result. Errors: those of Run.
  Result<bool> Submit(const std::shared_ptr<ScheduledCall>& call, const CallLimits& limits,
                      const std::shared_ptr<WorkerTask>& task);
  /// What Run would return; nothing as long as Run would wait. REQUIRES: the call was submitted.
  std::optional<Status> Outcome(ScheduledCall* call);
  /// Drops the texts that are still queued of a call that was given to Submit, and forgets its
  /// task.
  void Withdraw(ScheduledCall* call) noexcept;

  /// Makes a worker run the task's next step soon. Needs no memory.
  void Wake(const std::shared_ptr<WorkerTask>& task) noexcept;
  /// The same at `time`. A task has at most one such time.
  void WakeAt(std::chrono::steady_clock::time_point time, const std::shared_ptr<WorkerTask>& task);
  void ForgetTime(WorkerTask* task) noexcept;

  /// OK, or RESOURCE_EXHAUSTED if the system gave no thread at all, so that no call will run.
  Status Started();

  /// Whether this thread is a worker, or computes a batch in a worker's stead: it would wait for
  /// itself in the destructor.
  bool RunsHere() const;

 private:
  struct Taken {
    std::vector<std::shared_ptr<ScheduledCall>> owners;  ///< Keeps the calls alive while they run.
    std::vector<ScheduledRow> rows;
    bool alone = false;  ///< TokenBatch::alone.
  };

  // A call that waits for room. The list has the order in which the calls came.
  struct RoomWaiter {
    ScheduledCall* call = nullptr;
    size_t tokens = 0;
    std::shared_ptr<WorkerTask> task;
  };

  void WorkerLoop();
  void WaitForWork() VETOR_REQUIRES(mutex_);
  void RunTask() VETOR_REQUIRES(mutex_);
  void Help(const ScheduledCall& call) VETOR_REQUIRES(mutex_);
  // Takes a batch out of the queue and computes it; the mutex is free while it computes.
  void RunNext(TokenBatch* batch) VETOR_REQUIRES(mutex_);
  void Compute(const Taken& taken, TokenBatch* batch) const noexcept;
  void FailWaiting(const Status& status) noexcept VETOR_REQUIRES(mutex_);
  Taken TakeBatch() VETOR_REQUIRES(mutex_);
  void FinishBatch(const Taken& taken) VETOR_REQUIRES(mutex_);
  bool HasRoomFor(size_t tokens) const VETOR_REQUIRES(mutex_);
  Status FullError(size_t tokens) const VETOR_REQUIRES(mutex_);
  void Enqueue(const std::shared_ptr<ScheduledCall>& call) VETOR_REQUIRES(mutex_);
  void Remove(ScheduledCall* call) noexcept VETOR_REQUIRES(mutex_);
  void RoomCame() noexcept VETOR_REQUIRES(mutex_);
  void Notify(ScheduledCall* call) noexcept VETOR_REQUIRES(mutex_);
  void WakeLocked(const std::shared_ptr<WorkerTask>& task) noexcept VETOR_REQUIRES(mutex_);
  void LeaveRoomQueue(const ScheduledCall* call) noexcept VETOR_REQUIRES(mutex_);
  Status WaitForRoom(ScheduledCall* call, size_t tokens, const CallLimits& limits)
      VETOR_REQUIRES(mutex_);
  Status WaitUntilDone(ScheduledCall* call, const CallLimits& limits) VETOR_REQUIRES(mutex_);

  const RunBatch run_;

  Mutex mutex_;
  SchedulerOptions options_ VETOR_GUARDED_BY(mutex_);
  size_t places_ VETOR_GUARDED_BY(mutex_) =
      0;  ///< Batches that may run at the same time: the number of workers.
  FairQueue queue_ VETOR_GUARDED_BY(mutex_);
  std::map<FairQueue::CallId, std::shared_ptr<ScheduledCall>> calls_ VETOR_GUARDED_BY(mutex_);
  FairQueue::CallId next_call_ VETOR_GUARDED_BY(mutex_) = 1;
  size_t running_ VETOR_GUARDED_BY(mutex_) =
      0;  ///< Batches that run now, of workers and of helping callers.
  bool stopping_ VETOR_GUARDED_BY(mutex_) = false;
  TaskQueue tasks_ VETOR_GUARDED_BY(mutex_);
  std::list<RoomWaiter> room_waiters_ VETOR_GUARDED_BY(mutex_);
  CondVar work_;
  CondVar room_;

  WorkerThreads workers_;  ///< Last: destroyed, and so joined, before the members that workers use.
};

}  // namespace vetor
