// Tells an object that it was copied into a child by fork(2), where its threads do not exist, its
// mutexes may be locked for ever, and its database connections must not be touched.
#pragma once

#include <cstdint>

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

}  // namespace vetor
