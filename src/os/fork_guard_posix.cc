#include "os/fork_guard.h"

#include <pthread.h>

#include <atomic>
#include <vector>

namespace vetor {
namespace {

// How many forks lie between the first process and this one.
std::atomic<uint32_t> forks{0};

void CountFork() { forks.fetch_add(1, std::memory_order_relaxed); }

// What HoldThroughFork was given; the list's own mutex comes first. Never destroyed.
struct HeldMutexes {
  Mutex mutex;
  std::vector<Mutex*> others;
};
HeldMutexes& TheHeldMutexes() {
  static auto* held = new HeldMutexes;
  return *held;
}

void LockAll() VETOR_THREAD_ANNOTATION(no_thread_safety_analysis) {
  TheHeldMutexes().mutex.Lock();
  for (Mutex* mutex : TheHeldMutexes().others) mutex->Lock();
}

void UnlockAll() VETOR_THREAD_ANNOTATION(no_thread_safety_analysis) {
  for (Mutex* mutex : TheHeldMutexes().others) mutex->Unlock();
  TheHeldMutexes().mutex.Unlock();
}

}  // namespace

ForkGuard::ForkGuard() {
  static const int kRegistered = ::pthread_atfork(nullptr, nullptr, CountFork);
  static_cast<void>(kRegistered);
  forks_ = forks.load(std::memory_order_relaxed);
}

bool ForkGuard::InChild() const { return forks.load(std::memory_order_relaxed) != forks_; }

void HoldThroughFork(Mutex* mutex) {
  HeldMutexes& held = TheHeldMutexes();
  const MutexLock lock(&held.mutex);
  if (held.others.empty()) static_cast<void>(::pthread_atfork(LockAll, UnlockAll, UnlockAll));
  held.others.push_back(mutex);
}

}  // namespace vetor
