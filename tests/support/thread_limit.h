// Acts as a system that gives no more threads, for tests of code that goes on with fewer or reports
// it.
#pragma once

#include <pthread.h>

namespace vetor::testing {

/// While one of these lives, `pthread_create` of this test program gives `threads` more and then
/// EAGAIN, as a limit on processes (ulimit -u, pids.max) does. Only one may live at a time.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;
};

}  // namespace vetor::testing
