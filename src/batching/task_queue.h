// Work for the workers beside batches: the steps of calls for which no thread waits.
//
// A task is woken by what it waited for (its batches are done, another call has its text, its
// deadline), and a worker then runs its next step. Wake-ups carry nothing: a step looks for itself
// what has become of its call, so one too many does no harm.
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

  /// Does what can be done without waiting. By one worker at a time; a wake-up during a step leads
  /// to another step after it.
  virtual void Step() noexcept = 0;

 private:
  friend class TaskQueue;
  enum class State : uint8_t { kIdle, kQueued, kRunning, kWokenWhileRunning };
  State state_ = State::kIdle;
  std::shared_ptr<WorkerTask> next_;     // In the queue.
  std::optional<Times::iterator> time_;  // When it is to be woken.
};

/// Not thread-safe: its owner's mutex guards it, and the tasks' private parts. Waking a task needs
/// no memory.
class TaskQueue {
 public:
  using Clock = std::chrono::steady_clock;

  /// True: the task waits in the queue now, and did not before.
  bool Wake(const std::shared_ptr<WorkerTask>& task) noexcept;

  /// Wakes it then, once; a second time replaces the first.
  void WakeAt(Clock::time_point time, const std::shared_ptr<WorkerTask>& task);
  /// Takes the time back.
  void ForgetTime(WorkerTask* task) noexcept;

  /// Wakes every task whose time has come.
  void WakeDue() noexcept;
  /// The next time at which WakeDue has something to do.
  std::optional<Clock::time_point> next_time() const;

  bool empty() const { return first_ == nullptr; }
  /// The task that waits longest. Its step is to follow, and then Stepped. REQUIRES: not empty().
  std::shared_ptr<WorkerTask> Take() noexcept;
  void Stepped(const std::shared_ptr<WorkerTask>& task) noexcept;

 private:
  void Append(const std::shared_ptr<WorkerTask>& task) noexcept;

  std::shared_ptr<WorkerTask> first_;
  WorkerTask* last_ = nullptr;
  WorkerTask::Times times_;
};

}  // namespace vetor
