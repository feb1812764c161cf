#include "os/fork_guard.h"

#include <pthread.h>

#include <atomic>
#include <utility>
#include <vector>

namespace vetor {
namespace {

// How many forks lie between the first process and this one.
std::atomic<uint32_t> forks{0};

// Threads that hold a pass, and whether a fork waits until there are none. Each side writes its own
// and then reads the other's, in one order for all threads, so that one of the two sees the other.
std::atomic<uint32_t> threads_inside{0};
std::atomic<uint32_t> fork_waits{0};
thread_local uint32_t passes = 0;  // Passes that this thread holds.

// The mutexes that a fork holds and the objects that it closes. Never destroyed.
struct Registry {
  Mutex one_fork;  // Held from before a fork until after it.
  Mutex mutex;
  std::vector<Mutex*> held VETOR_GUARDED_BY(mutex);
  std::vector<const CloseBeforeFork*> closed VETOR_GUARDED_BY(mutex);
};
Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

void Leave() {
  threads_inside.fetch_sub(1);
  if (fork_waits.load() != 0) threads_inside.notify_all();
}

void Enter() {
  while (true) {
    threads_inside.fetch_add(1);
    if (fork_waits.load() == 0) return;
    Leave();
    fork_waits.wait(1);
  }
}

// The passes come first: a thread that holds a pass may need a mutex, such as that of the log, but
// no thread waits for a pass while it holds one of these mutexes.
void BeforeFork() VETOR_THREAD_ANNOTATION(no_thread_safety_analysis) {
  Registry& registry = TheRegistry();
  registry.one_fork.Lock();
  fork_waits.store(1);
  const uint32_t own = passes > 0 ? 1 : 0;
  for (uint32_t inside = threads_inside.load(); inside != own; inside = threads_inside.load()) {
    threads_inside.wait(inside);
  }
  registry.mutex.Lock();
  ++passes;  // Closing may need a pass.
  for (const CloseBeforeFork* open : registry.closed) open->Close();
  --passes;
  for (Mutex* mutex : registry.held) mutex->Lock();
}

void AfterFork() VETOR_THREAD_ANNOTATION(no_thread_safety_analysis) {
  Registry& registry = TheRegistry();
  for (Mutex* mutex : registry.held) mutex->Unlock();
  registry.mutex.Unlock();
  fork_waits.store(0);
  fork_waits.notify_all();
  registry.one_fork.Unlock();
}

void InChildAfterFork() VETOR_THREAD_ANNOTATION(no_thread_safety_analysis) {
  forks.fetch_add(1, std::memory_order_relaxed);
  // A thread that began to wait for the fork may have been counted for a moment.
  threads_inside.store(passes > 0 ? 1 : 0);
  TheRegistry().closed.clear();
  AfterFork();
}

void Register() {
  static const int kRegistered = ::pthread_atfork(BeforeFork, AfterFork, InChildAfterFork);
  static_cast<void>(kRegistered);
}

}  // namespace

ForkGuard::ForkGuard() {
  Register();
  forks_ = forks.load(std::memory_order_relaxed);
}

bool ForkGuard::InChild() const { return forks.load(std::memory_order_relaxed) != forks_; }

ForkPass::ForkPass() {
  if (passes == 0) {
    Register();
    Enter();
  }
  ++passes;
}

ForkPass::~ForkPass() {
  if (--passes == 0) Leave();
}

void LetForkPass() {
  if (passes != 1 || fork_waits.load(std::memory_order_relaxed) == 0) return;
  Leave();
  Enter();
}

CloseBeforeFork::CloseBeforeFork(std::function<void()> close) : close_(std::move(close)) {
  Register();
  const MutexLock lock(&TheRegistry().mutex);
  TheRegistry().closed.push_back(this);
}

CloseBeforeFork::~CloseBeforeFork() {
  const MutexLock lock(&TheRegistry().mutex);
  std::erase(TheRegistry().closed, this);
}

void HoldThroughFork(Mutex* mutex) {
  Register();
  const MutexLock lock(&TheRegistry().mutex);
  TheRegistry().held.push_back(mutex);
}

}  // namespace vetor
