#include "base/fork_guard.h"

#include <pthread.h>

#include <atomic>

namespace vetor {
namespace {

// How many forks lie between the first process and this one.
std::atomic<uint32_t> forks{0};

void CountFork() { forks.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

ForkGuard::ForkGuard() {
  static const int registered = ::pthread_atfork(nullptr, nullptr, CountFork);
  static_cast<void>(registered);
  forks_ = forks.load(std::memory_order_relaxed);
}

bool ForkGuard::InChild() const { return forks.load(std::memory_order_relaxed) != forks_; }

}  // namespace vetor
