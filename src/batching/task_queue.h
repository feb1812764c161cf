// The workers' second kind of work, beside batches: the steps of calls for which no thread waits.
//
// A task is woken by the event that it waits for (its batches are done, another call has its text,
// its deadline has come), and a worker then runs its next step. A wake-up carries no information:
// the step itself checks the state of its call, so a superfluous wake-up does no harm.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace vetor {

class WorkerTask {
 public:
  using Times = std::multimap<std::chrono::steady_clock::time_point, std::shared_ptr<WorkerTask>>;

  virtual ~WorkerTask() = default;

  /// Does the work that can be done without waiting. Runs on one worker at a time; a wake-up during
  /// a step leads to another step after it.
  virtual void Step() noexcept = 0;

 private:
  friend class TaskQueue;
  enum class State : uint8_t { kIdle, kQueued, kRunning, kWokenWhileRunning };
  State state_ = State::kIdle;
  std::shared_ptr<WorkerTask> next_;     // The next task in the queue.
  std::optional<Times::iterator> time_;  // The time at which to wake it.
};

/// Not thread-safe: its owner's mutex guards it and the private members of the tasks. Waking a task
/// needs no memory.
class TaskQueue {
 public:
  using Clock = std::chrono::steady_clock;

  /// Puts the task into the queue. True if it waits there now and did not before.
  bool Wake(const std::shared_ptr<WorkerTask>& task) noexcept;

  /// Wakes the task once at `time`; a second call replaces the first.
  void WakeAt(Clock::time_point time, const std::shared_ptr<WorkerTask>& task);
  /// Cancels WakeAt.
  void ForgetTime(WorkerTask* task) noexcept;

  /// Wakes every task whose time has come.
  void WakeDue() noexcept;
  /// The next time at which WakeDue has something to do.
  std::optional<Clock::time_point> next_time() const;

  bool empty() const { return first_ == nullptr; }
  /// Takes out the task that waits longest. The caller runs its step and then calls Stepped.
  /// REQUIRES: not empty().
  std::shared_ptr<WorkerTask> Take() noexcept;
  void Stepped(const std::shared_ptr<WorkerTask>& task) noexcept;

 private:
  void Append(const std::shared_ptr<WorkerTask>& task) noexcept;

  std::shared_ptr<WorkerTask> first_;
  WorkerTask* last_ = nullptr;
  WorkerTask::Times times_;
};

}  // namespace vetor
