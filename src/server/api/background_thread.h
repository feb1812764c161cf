// A thread for work that is too long for the thread of the connections: the JSON of a large body,
// the tokens of /tokenize.
#pragma once

#include <deque>
#include <functional>

#include "base/thread_annotations.h"
#include "os/worker_threads.h"

namespace vetor {

/// Thread-safe. Tasks run one after the other, in the order in which they came.
class BackgroundThread {
 public:
  BackgroundThread();
  /// Runs the tasks that wait, then ends.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Runs `task`, which must not throw. If the system gave no thread, it runs here.
  void Post(std::function<void()> task);

 private:
  void Loop();
  void RunNext() VETOR_REQUIRES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ VETOR_GUARDED_BY(mutex_);
  bool stopping_ VETOR_GUARDED_BY(mutex_) = false;
  WorkerThreads thread_;  ///< After all that it uses: joined before that is gone.
  const bool started_;
};

}  // namespace vetor
