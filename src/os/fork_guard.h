// Tells an object that it was copied into a child by fork(2). In the child its threads do not
// exist, its mutexes may be locked for ever, and its database connections must not be touched.
#pragma once

#include <cstdint>

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

/// fork(2) waits from now on until `mutex` is free, so that the child's copy is free as well. For
/// mutexes that are never destroyed and are held for a moment only, as that of a log.
void HoldThroughFork(Mutex* mutex);

}  // namespace vetor
