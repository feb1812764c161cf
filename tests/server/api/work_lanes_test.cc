#include "server/api/work_lanes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace vetor {
namespace {

TEST(WorkLanesTest, WorkRunsOnAnotherThreadAndAllOfItBeforeTheEnd) {
  std::atomic<int> ran{0};
  std::atomic<int> elsewhere{0};
  {
    WorkLanes lanes;
    for (int i = 0; i < 30; ++i) {
      lanes.Post(uint64_t{1} << i, [&, here = std::this_thread::get_id()] {
        ++ran;
        elsewhere += std::this_thread::get_id() != here ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(ran, 30);
  EXPECT_EQ(elsewhere, 30);
}

TEST(WorkLanesTest, WorkDoesNotWaitForLargerWork) {
  WorkLanes lanes;
  std::promise<void> go;
  const std::shared_future<void> may_go = go.get_future().share();
  // As many as there could be threads, and more.
  for (int i = 0; i < 20; ++i) {
    lanes.Post(WorkLanes::kMediumCost + 1, [may_go] { may_go.wait(); });
  }
  std::promise<void> medium;
  lanes.Post(WorkLanes::kMediumCost, [&] { medium.set_value(); });
  medium.get_future().wait();
  for (int i = 0; i < 20; ++i) {
    lanes.Post(WorkLanes::kMediumCost, [may_go] { may_go.wait(); });
  }
  std::promise<void> small;
  lanes.Post(WorkLanes::kSmallCost, [&] { small.set_value(); });
  small.get_future().wait();
  go.set_value();
}

TEST(WorkLanesTest, AfterTheCloseWorkRunsWhereItIsPosted) {
  WorkLanes lanes;
  lanes.Close();
  std::thread::id where;
  lanes.Post(1, [&] { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace vetor
