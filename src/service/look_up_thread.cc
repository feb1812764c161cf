#include "service/look_up_thread.h"

#include <utility>

namespace vetor {
namespace {

// The object whose thread this is; null on all others.
thread_local constinit const LookUpThread* runs_for = nullptr;

}  // namespace

LookUpThread::~LookUpThread() {
  const MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

bool LookUpThread::Post(const std::shared_ptr<LookUpTask>& task) noexcept {
  const MutexLock lock(&mutex_);
  if (!started_) started_ = thread_.Start([this] { Loop(); });
  if (!started_) return false;
  LookUpTask* const last = task.get();
  (last_ == nullptr ? first_ : last_->next_) = task;
  last_ = last;
  changed_.NotifyOne();
  return true;
}

bool LookUpThread::RunsHere() const { return runs_for == this; }

void LookUpThread::Loop() {
  runs_for = this;
  const MutexLock lock(&mutex_);
  while (true) {
    while (first_ == nullptr && !stopping_) changed_.Wait(&mutex_);
    if (first_ == nullptr) return;
    RunNext();
  }
}

// The mutex is free while the task runs, and while it is destroyed.
void LookUpThread::RunNext() {
  std::shared_ptr<LookUpTask> task = std::exchange(first_, nullptr);
  first_ = std::move(task->next_);
  if (first_ == nullptr) last_ = nullptr;
  mutex_.Unlock();
  task->LookUp();
  task.reset();
  mutex_.Lock();
}

}  // namespace vetor
