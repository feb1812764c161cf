// fork(2) in a process with threads. The child has only the thread that forked: mutexes that
// another one held are locked for ever, and database connections must not be touched. ForkGuard
// tells an object that it was copied into a child; ForkPass and CloseBeforeFork see to it that a
// child can open everything anew.
#pragma once

#include <cstdint>
#include <functional>

#include "base/thread_annotations.h"

namespace vetor {

/// Remembers the process it was made in. A look costs one load (a pthread_atfork handler counts
/// forks), so hot paths may ask every time. Raw clone(2) and vfork are not seen.
class ForkGuard {
 public:
  ForkGuard();
  bool InChild() const;

 private:
  uint32_t forks_;
};

/// While one lives, fork(2) waits: for calls of a library that has global mutexes of its own, so
/// that the child's copies of these are free. A thread that has a pass gets more of them at once;
/// another one waits while a fork does. 20 ns. Held for milliseconds at most, and never while
/// waiting for a thread that may need one, or for Python's lock, which a thread that forks holds.
class ForkPass {
 public:
  ForkPass();
  ~ForkPass();
  ForkPass(const ForkPass&) = delete;
  ForkPass& operator=(const ForkPass&) = delete;
};

/// Lets a fork that waits happen now if this thread holds exactly one pass: for a long call that
/// says at times that none of the library's mutexes is held. One load if no fork waits.
void LetForkPass();

/// `close` is called in the thread that forks, before each fork and while no pass is out: for files
/// that must not be open in both processes. It must not take a mutex that a thread holds while it
/// waits for a pass. Not called for a child's copy.
class CloseBeforeFork {
 public:
  explicit CloseBeforeFork(std::function<void()> close);
  ~CloseBeforeFork();
  CloseBeforeFork(const CloseBeforeFork&) = delete;
  CloseBeforeFork& operator=(const CloseBeforeFork&) = delete;

  void Close() const { close_(); }

 private:
  const std::function<void()> close_;
};

/// fork(2) waits from now on until `mutex` is free, so that the child's copy is free as well. For
/// mutexes that are never destroyed and are held for a moment only, as that of a log.
void HoldThroughFork(Mutex* mutex);

}  // namespace vetor
