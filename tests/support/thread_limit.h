// A system that gives no more threads, for tests of what goes on with fewer or says so.
#pragma once

#include <pthread.h>

namespace vetor::testing {

/// While one lives, `pthread_create` of this test program gives `threads` more and then EAGAIN, as
/// a limit on processes (ulimit -u, pids.max) makes it. One at a time.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;
};

}  // namespace vetor::testing
