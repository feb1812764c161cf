#include "batching/task_queue.h"

#include <utility>

namespace vetor {

void TaskQueue::Append(const std::shared_ptr<WorkerTask>& task) noexcept {
  task->state_ = WorkerTask::State::kQueued;
  if (first_ == nullptr) {
    first_ = task;
  } else {
    last_->next_ = task;
  }
  last_ = task.get();
}

bool TaskQueue::Wake(const std::shared_ptr<WorkerTask>& task) noexcept {
  switch (task->state_) {
    case WorkerTask::State::kIdle:
      Append(task);
      return true;
    case WorkerTask::State::kRunning:
      task->state_ = WorkerTask::State::kWokenWhileRunning;
      return false;
    case WorkerTask::State::kQueued:
    case WorkerTask::State::kWokenWhileRunning:
      return false;
  }
  return false;
}

void TaskQueue::WakeAt(Clock::time_point time, const std::shared_ptr<WorkerTask>& task) {
  ForgetTime(task.get());
  task->time_ = times_.emplace(time, task);
}

void TaskQueue::ForgetTime(WorkerTask* task) noexcept {
  if (!task->time_) return;
  const WorkerTask::Times::iterator time = *task->time_;
  task->time_.reset();
  times_.erase(time);  // Last: it may hold the last reference.
}

void TaskQueue::WakeDue() noexcept {
  if (times_.empty()) return;
  const Clock::time_point now = Clock::now();
  while (!times_.empty() && times_.begin()->first <= now) {
    Wake(times_.begin()->second);
    ForgetTime(times_.begin()->second.get());
  }
}

std::optional<TaskQueue::Clock::time_point> TaskQueue::next_time() const {
  if (times_.empty()) return std::nullopt;
  return times_.begin()->first;
}

std::shared_ptr<WorkerTask> TaskQueue::Take() noexcept {
  std::shared_ptr<WorkerTask> task = std::move(first_);
  first_ = std::move(task->next_);
  task->next_ = nullptr;
  if (first_ == nullptr) last_ = nullptr;
  task->state_ = WorkerTask::State::kRunning;
  return task;
}

void TaskQueue::Stepped(const std::shared_ptr<WorkerTask>& task) noexcept {
  const bool again = task->state_ == WorkerTask::State::kWokenWhileRunning;
  task->state_ = WorkerTask::State::kIdle;
  if (again) Append(task);
}

}  // namespace vetor
