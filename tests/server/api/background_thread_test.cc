#include "server/api/background_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace vetor {
namespace {

TEST(BackgroundThread, RunsTasksInOrderOnAnotherThread) {
  std::vector<int> ran;
  std::thread::id where;
  {
    BackgroundThread background;
    std::promise<void> go;
    background.Post([&] {
      go.get_future().wait();
      where = std::this_thread::get_id();
    });
    for (int i = 0; i < 3; ++i) background.Post([&ran, i] { ran.push_back(i); });
    go.set_value();
  }
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2}));
  EXPECT_NE(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace vetor
