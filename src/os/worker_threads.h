// Threads that share a piece of work. A thread that the system refuses (a limit on processes, no
// memory for its stack) is not an error as long as another thread does the work.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "base/thread_annotations.h"

namespace vetor {

/// Runs `work` on a thread that nobody waits for; false if the system gives none. For a system call
/// that may never return, as on a file system that hangs: the process ends all the same. `work` may
/// outlive its caller and owns all that it uses; an exception of it is dropped.
bool StartUnattended(std::function<void()> work);

/// For one owner, which starts and joins the threads.
class WorkerThreads {
 public:
  WorkerThreads() = default;
  ~WorkerThreads();  ///< Waits for the threads that run; drops the exception that Join would pass
                     ///< on.
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  /// Runs `work` on a thread of its own; false if the system gives none. An exception of `work`
  /// is kept for Join.
  bool Start(std::function<void()> work);

  /// Waits for all, then passes on the first exception that ended one of them.
  void Join();

  size_t size() const { return threads_.size(); }

 private:
  void Wait();

  std::vector<std::thread> threads_;
  Mutex mutex_;
  std::exception_ptr failure_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
