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
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    mutex_.Unlock();
    task();
    task = nullptr;  // What it owns goes before the mutex is taken.
    mutex_.Lock();
  }
}

}  // namespace vetor
