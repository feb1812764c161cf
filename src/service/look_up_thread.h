// A thread for the first step of calls of EmbedAsync: their look into the cache. The workers are in
// the middle of batches for most of the time, and neither what is cached nor a refusal need wait
// for them.
#pragma once

#include <memory>

#include "base/thread_annotations.h"
#include "os/worker_threads.h"

namespace vetor {

class LookUpTask {
 public:
  virtual ~LookUpTask() = default;
  /// Called once, on the thread.
  virtual void LookUp() noexcept = 0;

 private:
  friend class LookUpThread;
  std::shared_ptr<LookUpTask> next_;  // In the queue.
};

/// Thread-safe. The thread starts with the first task.
class LookUpThread {
 public:
  LookUpThread() = default;
  /// Runs the tasks that wait, then ends.
  ~LookUpThread();
  LookUpThread(const LookUpThread&) = delete;
  LookUpThread& operator=(const LookUpThread&) = delete;

  /// Runs the task soon, in the order in which tasks came. False if the system gives no thread.
  /// Needs no memory once the thread runs.
  bool Post(const std::shared_ptr<LookUpTask>& task) noexcept;

  /// Whether this is the thread: it would wait for itself in the destructor.
  bool RunsHere() const;

 private:
  void Loop();
  void RunNext() VETOR_REQUIRES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<LookUpTask> first_ VETOR_GUARDED_BY(mutex_);
  LookUpTask* last_ VETOR_GUARDED_BY(mutex_) = nullptr;
  bool started_ VETOR_GUARDED_BY(mutex_) = false;
  bool stopping_ VETOR_GUARDED_BY(mutex_) = false;
  WorkerThreads thread_ VETOR_GUARDED_BY(mutex_);  ///< Last: joined before what it uses is gone.
};

}  // namespace vetor
