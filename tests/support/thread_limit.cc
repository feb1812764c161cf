#include "tests/support/thread_limit.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>

using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

// In a program that has it, this is the sanitizers' own pthread_create, which must see every
// thread.
extern "C" Create __interceptor_pthread_create __attribute__((weak));
extern "C" Create ___interceptor_pthread_create __attribute__((weak));

namespace {

constexpr int kNoLimit = -1;
std::atomic<int> left{kNoLimit};

Create* TheRealOne() {
  if (__interceptor_pthread_create != nullptr) return __interceptor_pthread_create;
  if (___interceptor_pthread_create != nullptr) return ___interceptor_pthread_create;
  return reinterpret_cast<Create*>(::dlsym(RTLD_NEXT, "pthread_create"));
}

}  // namespace

// It replaces the system's function, because a program's own symbol is found first, also by its
// libraries.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*start)(void*), void* argument) {
  static Create* const real = TheRealOne();
  int now = left;
  while (now > 0 && !left.compare_exchange_weak(now, now - 1)) {
  }
  return now == 0 ? EAGAIN : real(thread, attributes, start, argument);
}

namespace vetor::testing {

ThreadLimit::ThreadLimit(int threads) { left = threads; }
ThreadLimit::~ThreadLimit() { left = kNoLimit; }

}  // namespace vetor::testing
