#include "cache/write_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "cache/cache_fixture.h"

namespace vetor {
namespace {

WriteQueue::Options Options(size_t max_rows = 1000) {
  return {.max_bytes = max_rows * WriteQueue::EntryBytes(kTestDim * sizeof(float)),
          .commit_rows = 4,
          .commit_delay = std::chrono::hours(1)};
}

size_t AddOne(WriteQueue* queue, int64_t number, int salt = 0) {
  const std::vector<float> vector = VectorOf(number, salt);
  return queue->Add(std::vector<CacheKey>{KeyOf(number)},
                    std::vector<Record>{RecordOf(number, vector)}, 100 + number);
}

bool Holds(const WriteQueue& queue, int64_t number, int salt = 0) {
  RecordList found(1);
  queue.Find(std::vector<CacheKey>{KeyOf(number)}, &found);
  EXPECT_EQ(found.missing(), found.Has(0) ? 0U : 1U);
  if (found.Has(0)) {
    EXPECT_TRUE(IsRecordOf(found[0], number, salt));
  }
  return found.Has(0);
}

TEST(WriteQueueTest, ABatchIsDueWhenItHasEnoughRows) {
  WriteQueue queue(Options());
  AddOne(&queue, 1);
  AddOne(&queue, 2);
  AddOne(&queue, 3);
  EXPECT_TRUE(queue.TakeNow()->empty());
  AddOne(&queue, 4);
  const WriteBatch* batch = queue.TakeNow();
  ASSERT_EQ(batch->rows.size(), 4U);
  EXPECT_EQ(batch->rows[2].key, KeyOf(3));
  EXPECT_EQ(batch->rows[2].stamp, 103);
  ASSERT_EQ(batch->records.size(), 4U);
  EXPECT_TRUE(IsRecordOf(batch->records[2], 3));
}

TEST(WriteQueueTest, ABatchIsDueWhenItIsOldEnough) {
  WriteQueue::Options options = Options();
  options.commit_delay = std::chrono::milliseconds(0);
  WriteQueue queue(options);
  AddOne(&queue, 1);
  EXPECT_EQ(queue.Take()->rows.size(), 1U);
}

TEST(WriteQueueTest, WhatWaitsIsFoundUntilItIsWritten) {
  WriteQueue queue(Options());
  for (int64_t i = 0; i < 4; ++i) AddOne(&queue, i);
  ASSERT_EQ(queue.TakeNow()->rows.size(), 4U);
  AddOne(&queue, 5);
  EXPECT_TRUE(Holds(queue, 1)) << "taken, not yet given back";
  EXPECT_TRUE(Holds(queue, 5));
  queue.TakeNow();
  EXPECT_FALSE(Holds(queue, 1));
  EXPECT_TRUE(Holds(queue, 5));
}

TEST(WriteQueueTest, TheSameKeyAgainReplaces) {
  WriteQueue queue(Options());
  AddOne(&queue, 1, 9);
  AddOne(&queue, 1, 0);
  EXPECT_TRUE(Holds(queue, 1, 0));
}

TEST(WriteQueueTest, ABoundInBytesDropsAndSaysHowMany) {
  WriteQueue queue(Options(6));
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(AddOne(&queue, i), 0U);
  ASSERT_EQ(queue.TakeNow()->rows.size(), 4U);
  EXPECT_EQ(AddOne(&queue, 4), 0U);
  EXPECT_EQ(AddOne(&queue, 5), 0U);
  EXPECT_EQ(AddOne(&queue, 6), 1U) << "what is being written counts";
  queue.TakeNow();
  EXPECT_EQ(AddOne(&queue, 7), 0U);
}

// If a larger record replaces a small one, it takes more of the bound. A record that the database
// would refuse is refused at once.
TEST(WriteQueueTest, RecordsMayDifferInSize) {
  WriteQueue::Options options = Options(2);
  options.max_payload_bytes = 1000 * sizeof(float);
  WriteQueue queue(options);
  const auto add = [&queue](int64_t number, size_t dim) {
    const std::vector<float> vector = VectorOf(number, 0, dim);
    return queue.Add(std::vector<CacheKey>{KeyOf(number)},
                     std::vector<Record>{RecordOf(number, vector)}, 1);
  };
  EXPECT_EQ(add(1, 10), 0U);
  EXPECT_EQ(add(1, kTestDim), 0U);
  EXPECT_TRUE(Holds(queue, 1));
  EXPECT_EQ(add(2, kTestDim), 1U) << "what was replaced still counts";
  EXPECT_EQ(add(2, 10), 0U);
  EXPECT_EQ(add(1, 10), 0U) << "a smaller one takes its place";
  EXPECT_EQ(add(3, 1001), 1U);
}

TEST(WriteQueueTest, FlushReturnsWhenTheWriterGaveTheBatchBack) {
  WriteQueue queue(Options());
  std::vector<size_t> sizes;
  std::thread writer([&] {
    while (const WriteBatch* batch = queue.Take()) sizes.push_back(batch->rows.size());
  });
  AddOne(&queue, 1);
  queue.Flush();
  EXPECT_FALSE(Holds(queue, 1));
  AddOne(&queue, 2);
  queue.Close();
  writer.join();
  EXPECT_EQ(sizes, (std::vector<size_t>{1, 1})) << "Close makes the rest due";
  EXPECT_EQ(AddOne(&queue, 3), 1U);
}

TEST(WriteQueueTest, MarksAreBounded) {
  WriteQueue queue(Options());
  const std::vector<CacheKey> touched(5000, KeyOf(1));
  queue.AddTouched(touched);
  queue.AddTouched(touched);
  const std::vector<WriteBatch::Damaged> damaged(5000, {KeyOf(2), 7});
  queue.AddDamaged(damaged);
  const WriteBatch* batch = queue.TakeNow();
  EXPECT_EQ(batch->touched.size(), 4096U);
  EXPECT_EQ(batch->damaged.size(), 4096U);
}

}  // namespace
}  // namespace vetor
