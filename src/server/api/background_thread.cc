#include "server/api/background_thread.h"

#include <utility>

namespace vetor {

BackgroundThread::BackgroundThread() : started_(thread_.Start([this] { Loop(); })) {}

BackgroundThread::~BackgroundThread() {
  const MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

void BackgroundThread::Post(std::function<void()> task) {
  if (!started_) return task();
  const MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
  changed_.NotifyOne();
}

void BackgroundThread::Loop() {
  const MutexLock lock(&mutex_);
  while (true) {
    while (tasks_.empty() && !stopping_) changed_.Wait(&mutex_);
    if (tasks_.empty()) return;
    RunNext();
  }
}

// The mutex is free while the task runs, and while what it owns is destroyed.
void BackgroundThread::RunNext() {
  std::function<void()> task = std::move(tasks_.front());
  tasks_.pop_front();
  mutex_.Unlock();
  task();
  task = nullptr;
  mutex_.Lock();
}

}  // namespace vetor
