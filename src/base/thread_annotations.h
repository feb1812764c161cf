// Clang's thread-safety analysis over std::mutex: -Wthread-safety proves that guarded members are
// touched with their mutex held (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html).
// GCC compiles the same code without the proof.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define VETOR_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define VETOR_THREAD_ANNOTATION(x)
#endif

#define VETOR_GUARDED_BY(x) VETOR_THREAD_ANNOTATION(guarded_by(x))
#define VETOR_REQUIRES(...) VETOR_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define VETOR_EXCLUDES(...) VETOR_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace vetor {

class VETOR_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void Lock() VETOR_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() VETOR_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class VETOR_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) VETOR_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() VETOR_THREAD_ANNOTATION(release_capability()) { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mutex_;
};

/// Waits are always in a loop over a condition, written by the caller.
class CondVar {
 public:
  void Wait(Mutex* mutex) VETOR_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// False when `deadline` passed.
  template <typename TimePoint>
  bool WaitUntil(Mutex* mutex, TimePoint deadline) VETOR_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace vetor
