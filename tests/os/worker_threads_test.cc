#include "os/worker_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>

#include "tests/support/thread_limit.h"

namespace vetor {
namespace {

TEST(WorkerThreadsTest, ARefusedThreadIsSaidAndTheOthersRun) {
  std::atomic<int> ran = 0;
  WorkerThreads threads;
  {
    const testing::ThreadLimit limit(1);
    EXPECT_TRUE(threads.Start([&] { ++ran; }));
    EXPECT_FALSE(threads.Start([&] { ++ran; }));
  }
  threads.Join();
  EXPECT_EQ(ran, 1);
}

// An exception that a thread threw ended the process.
TEST(WorkerThreadsTest, JoinPassesOnWhatAThreadThrew) {
  WorkerThreads threads;
  ASSERT_TRUE(threads.Start([] { throw std::bad_alloc(); }));
  EXPECT_THROW(threads.Join(), std::bad_alloc);
  ASSERT_TRUE(threads.Start([] {}));
  threads.Join();
}

}  // namespace
}  // namespace vetor
