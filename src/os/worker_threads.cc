#include "os/worker_threads.h"

#include <utility>

namespace vetor {

bool StartUnattended(std::function<void()> work) {
  try {
    std::thread([work = std::move(work)] {
      try {
        work();
      } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is there to hear of it.
      }
    }).detach();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

WorkerThreads::~WorkerThreads() { Wait(); }

bool WorkerThreads::Start(std::function<void()> work) {
  try {
    threads_.emplace_back([this, work = std::move(work)] {
      try {
        work();
      } catch (...) {
        const MutexLock lock(&mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
    });
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void WorkerThreads::Wait() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerThreads::Join() {
  Wait();
  const MutexLock lock(&mutex_);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace vetor
