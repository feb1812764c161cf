#include "os/fork_guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace vetor {
namespace {

TEST(ForkGuardTest, TrueOnlyInAChildOfTheProcessThatMadeIt) {
  const ForkGuard guard;
  EXPECT_FALSE(guard.InChild());
  const pid_t child = ::fork();
  if (child == 0) {
    // A guard that is made in the child belongs to the child.
    const ForkGuard own;
    ::_exit(guard.InChild() && !own.InChild() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_FALSE(guard.InChild());
}

// Forks, ends the child with what `in_child` returns, and returns that; -1 if a signal ended the
// child.
template <typename Function>
int ForkAndRun(Function in_child) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(in_child());
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -2;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ForkPassTest, AForkWaitsForThePassesOfOtherThreads) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> inside{false};
    std::atomic<bool> left{false};
    std::thread other([&] {
      const ForkPass pass;
      inside = true;
      for (int i = 0; i < 200; ++i) {
        const ForkPass another;
        std::this_thread::yield();
      }
      left = true;
    });
    while (!inside) std::this_thread::yield();
    // A thread's own passes do not keep it from forking.
    const ForkPass own;
    EXPECT_EQ(ForkAndRun([&] {
                const ForkPass pass;
                return left ? 0 : 1;
              }),
              0);
    other.join();
  }
  EXPECT_EQ(ForkAndRun([] {
              const ForkPass pass;
              return ForkAndRun([] {
                const ForkPass grandchild;
                return 0;
              });
            }),
            0);
}

TEST(ForkPassTest, ALongCallLetsAForkPass) {
  std::atomic<bool> inside{false};
  std::atomic<bool> stop{false};
  std::thread other([&] {
    const ForkPass pass;
    inside = true;
    while (!stop) LetForkPass();
  });
  while (!inside) std::this_thread::yield();
  EXPECT_EQ(ForkAndRun([] {
              const ForkPass pass;
              return 0;
            }),
            0);
  stop = true;
  other.join();
}

TEST(ForkPassTest, ManyThreadsGoOnAfterManyForks) {
  std::atomic<bool> stop{false};
  std::atomic<int> in_several{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const ForkPass pass;
        ++in_several;
        --in_several;
      }
    });
  }
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(ForkAndRun([&] { return in_several.load(); }), 0) << "nobody is inside at a fork";
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(CloseBeforeForkTest, IsCalledOncePerForkAndNotInAChild) {
  int closed = 0;
  {
    const CloseBeforeFork close([&] {
      const ForkPass pass;
      ++closed;
    });
    EXPECT_EQ(ForkAndRun([&] {
                const int in_grandchild = ForkAndRun([&] { return closed; });
                return closed * 10 + in_grandchild;
              }),
              11);
    EXPECT_EQ(closed, 1);
    EXPECT_EQ(ForkAndRun([&] { return closed; }), 2);
  }
  EXPECT_EQ(ForkAndRun([&] { return closed; }), 2);
}

}  // namespace
}  // namespace vetor
