#include "kernels/task_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "similarity/row_blocks.h"

namespace vetor {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TaskLoopTest, EveryTaskRunsOnceOnAKnownWorker) {
  for (size_t workers : {1u, 2u, 5u}) {
    std::vector<std::atomic<int>> runs(1'000);
    std::atomic<bool> known = true;
    RunTasks(runs.size(), workers, [&](size_t worker, size_t task) {
      if (worker >= workers) known = false;
      ++runs[task];
    });
    EXPECT_TRUE(known);
    EXPECT_THAT(std::vector<int>(runs.begin(), runs.end()), Each(1));
  }
}

TEST(TaskLoopTest, NoTasksCallNothing) {
  RunTasks(0, 2, [](size_t, size_t) { FAIL() << "called without a task"; });
}

TEST(TaskLoopTest, WorkersAreBoundedByTasksAndThreads) {
  EXPECT_EQ(WorkerCount(10, 4), 4u);
  EXPECT_EQ(WorkerCount(3, 4), 3u);
  EXPECT_EQ(WorkerCount(0, 4), 1u);
  EXPECT_EQ(WorkerCount(10, 0), 1u);
  EXPECT_EQ(WorkerCount(10, -1), 1u);
}

TEST(RowBlocksTest, RowsOfABlockAreNeighboursInAscendingOrder) {
  const std::vector<uint32_t> block = {7, 2, 7, 9, 2};
  const RowBlocks sorted = SortByBlock(block, block.size());
  EXPECT_THAT(sorted.order, ElementsAre(1, 4, 0, 2, 3));
  ASSERT_EQ(sorted.ranges.size(), 3u);
  EXPECT_EQ(sorted.ranges[1].block, 7u);
  EXPECT_EQ(sorted.ranges[1].begin, 2u);
  EXPECT_EQ(sorted.ranges[1].end, 4u);
}

TEST(RowBlocksTest, WithoutBlocksAllRowsAreOne) {
  const RowBlocks sorted = SortByBlock({}, 3);
  EXPECT_THAT(sorted.order, ElementsAre(0, 1, 2));
  ASSERT_EQ(sorted.ranges.size(), 1u);
  EXPECT_EQ(sorted.ranges[0].end, 3u);
  EXPECT_THAT(SortByBlock({}, 0).ranges, IsEmpty());
}

}  // namespace
}  // namespace vetor
