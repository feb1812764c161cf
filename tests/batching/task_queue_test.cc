#include "batching/task_queue.h"

#include <gtest/gtest.h>

#include <memory>

namespace vetor {
namespace {

using Time = TaskQueue::Clock::time_point;

class FakeTask : public WorkerTask {
 public:
  void Step() noexcept override {}
};

TEST(TaskQueueTest, TasksComeInTheirOrderAndOnce) {
  TaskQueue queue;
  const auto first = std::make_shared<FakeTask>();
  const auto second = std::make_shared<FakeTask>();
  EXPECT_TRUE(queue.Wake(first));
  EXPECT_TRUE(queue.Wake(second));
  EXPECT_FALSE(queue.Wake(first));
  EXPECT_EQ(queue.Take(), first);
  EXPECT_EQ(queue.Take(), second);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.Wake(std::make_shared<FakeTask>()));
  EXPECT_FALSE(queue.empty());
}

TEST(TaskQueueTest, ATaskThatIsWokenInItsStepHasAnotherAfterIt) {
  TaskQueue queue;
  const auto task = std::make_shared<FakeTask>();
  queue.Wake(task);
  queue.Take();
  EXPECT_FALSE(queue.Wake(task));
  EXPECT_FALSE(queue.Wake(task));
  EXPECT_TRUE(queue.empty());
  queue.Stepped(task);
  EXPECT_EQ(queue.Take(), task);
  queue.Stepped(task);
  EXPECT_TRUE(queue.empty());
}

TEST(TaskQueueTest, ATaskIsWokenAtItsTimeUnlessThatWasTakenBack) {
  TaskQueue queue;
  const auto due = std::make_shared<FakeTask>();
  const auto later = std::make_shared<FakeTask>();
  const auto forgotten = std::make_shared<FakeTask>();
  EXPECT_EQ(queue.next_time(), std::nullopt);
  queue.WakeAt(Time::max(), due);
  queue.WakeAt(Time(), due);  // The later time counts.
  queue.WakeAt(Time::max(), later);
  queue.WakeAt(Time(), forgotten);
  EXPECT_EQ(queue.next_time(), Time());
  queue.ForgetTime(forgotten.get());
  queue.WakeDue();
  EXPECT_EQ(queue.Take(), due);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_time(), Time::max());
  queue.ForgetTime(later.get());
  queue.ForgetTime(later.get());
  EXPECT_EQ(queue.next_time(), std::nullopt);
}

}  // namespace
}  // namespace vetor
