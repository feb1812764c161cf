#include "batching/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using Row = FairQueue::Row;
using Lengths = std::vector<uint32_t>;

std::vector<std::vector<Row>> Drain(FairQueue* queue, const BatchLimits& limits) {
  std::vector<std::vector<Row>> batches;
  while (!queue->empty()) batches.push_back(queue->TakeBatch(limits));
  return batches;
}

TEST(FairQueueTest, LongestFirstEqualLengthsOrderKeptWithinALength) {
  FairQueue queue;
  queue.Add(1, Lengths{5, 9, 5, 7, 9});
  const auto batches = Drain(&queue, {.max_rows = 32, .max_tokens = 512});
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_THAT(batches[0], ElementsAre(Row{1, 1}, Row{1, 4}));
  EXPECT_THAT(batches[1], ElementsAre(Row{1, 3}));
  EXPECT_THAT(batches[2], ElementsAre(Row{1, 0}, Row{1, 2}));
}

// A text without tokens and texts of one token made no rectangle: all of them got zeros.
TEST(FairQueueTest, TextsWithoutTokensRunAmongThemselves) {
  for (const bool equal_lengths : {true, false}) {
    FairQueue queue;
    queue.Add(1, Lengths{0, 1, 0, 1});
    queue.Add(2, Lengths{0});
    queue.Add(3, Lengths{2});
    for (const auto& batch : Drain(&queue, {.equal_lengths = equal_lengths})) {
      const auto is_empty = [](const Row& row) {
        return row.call == 2 || (row.call == 1 && row.index % 2 == 0);
      };
      const auto empty = std::count_if(batch.begin(), batch.end(), is_empty);
      EXPECT_TRUE(empty == 0 || static_cast<size_t>(empty) == batch.size());
    }
    EXPECT_EQ(queue.queued_tokens(), 0U);
    queue.Add(4, Lengths{0, 0, 3});
    queue.Remove(4);
    EXPECT_EQ(queue.queued_tokens(), 0U);
  }
}

// Hashing's batches must not depend on the number of workers, so that a user who counts them finds
// n / max_rows.
TEST(FairQueueTest, TextsWithoutTokensAreCountedInRowsAlone) {
  for (const size_t max_rows : {1U, 32U, 300U, 5000U}) {
    for (const size_t count : {1U, 599U, 600U, 10'001U}) {
      FairQueue queue;
      queue.Add(1, Lengths(count, 0));
      const auto batches =
          Drain(&queue, {.max_rows = max_rows, .equal_lengths = false, .workers = 4});
      EXPECT_EQ(batches.size(), (count + max_rows - 1) / max_rows) << count << " / " << max_rows;
    }
  }
}

TEST(FairQueueTest, RowAndTokenLimitsHold) {
  FairQueue queue;
  queue.Add(1, Lengths(100, 10));
  for (const auto& batch : Drain(&queue, {.max_rows = 8, .max_tokens = 512})) {
    EXPECT_LE(batch.size(), 8U);
  }
  queue.Add(2, Lengths(100, 100));
  for (const auto& batch : Drain(&queue, {.max_rows = 32, .max_tokens = 512})) {
    EXPECT_LE(batch.size(), 5U);
  }
}

TEST(FairQueueTest, ATextLongerThanTheTokenLimitRunsAlone) {
  FairQueue queue;
  queue.Add(1, Lengths{600, 600});
  const auto batches = Drain(&queue, {.max_rows = 32, .max_tokens = 512});
  EXPECT_EQ(batches.size(), 2U);
}

TEST(FairQueueTest, CallsShareABatchOfOneLength) {
  FairQueue queue;
  queue.Add(1, Lengths{8});
  queue.Add(2, Lengths{8, 4});
  queue.Add(3, Lengths{8});
  EXPECT_THAT(queue.TakeBatch({}), ElementsAre(Row{1, 0}, Row{2, 0}, Row{3, 0}));
  EXPECT_THAT(queue.TakeBatch({}), ElementsAre(Row{2, 1}));
}

TEST(FairQueueTest, LittleWorkIsSpreadOverTheWorkers) {
  FairQueue queue;
  queue.Add(1, Lengths(32, 16));  // These are 512 tokens: one batch for one worker, two for two.
  EXPECT_EQ(queue.TakeBatch({.workers = 2}).size(), 16U);
  EXPECT_EQ(queue.TakeBatch({.workers = 1}).size(), 16U);
}

TEST(FairQueueTest, AShortLateCallDoesNotWaitBehindALongOne) {
  FairQueue queue;
  queue.Add(1, Lengths(10000, 100));
  queue.TakeBatch({});
  queue.TakeBatch({});
  queue.Add(2, Lengths{10});
  const auto next = queue.TakeBatch({});
  const auto after = queue.TakeBatch({});
  EXPECT_TRUE(next.front().call == 2 || after.front().call == 2);
}

TEST(FairQueueTest, EqualCallsAreServedInTurns) {
  FairQueue queue;
  queue.Add(1, Lengths(1000, 100));
  queue.Add(2, Lengths(1000, 101));
  std::map<FairQueue::CallId, int> served;
  for (int i = 0; i < 20; ++i) ++served[queue.TakeBatch({}).front().call];
  EXPECT_EQ(served[1], 10);
  EXPECT_EQ(served[2], 10);
}

TEST(FairQueueTest, RemoveDropsWhatWaitsAndItsTokens) {
  FairQueue queue;
  queue.Add(1, Lengths(100, 10));
  queue.Add(2, Lengths{10});
  queue.Remove(1);
  queue.Remove(7);
  EXPECT_EQ(queue.queued_tokens(), 10U);
  EXPECT_THAT(queue.TakeBatch({}), ElementsAre(Row{2, 0}));
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.TakeBatch({}).empty());
}

TEST(FairQueueTest, WithoutEqualLengthsABatchMixesThem) {
  FairQueue queue;
  queue.Add(1, Lengths{5, 9});
  queue.Add(2, Lengths{7});
  EXPECT_THAT(queue.TakeBatch({.equal_lengths = false}),
              ElementsAre(Row{1, 1}, Row{1, 0}, Row{2, 0}));
}

// In any order of calls, every text leaves the queue exactly once, within the limits.
TEST(FairQueueTest, RandomCallsLoseNothingAndRepeatNothing) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    FairQueue queue;
    const BatchLimits limits{.max_rows = 1 + random() % 40,
                             .max_tokens = 1 + random() % 600,
                             .equal_lengths = random() % 2 == 0,
                             .workers = 1 + random() % 4};
    std::map<FairQueue::CallId, Lengths> calls;
    std::set<std::pair<FairQueue::CallId, uint32_t>> seen;
    size_t total = 0;
    const auto take = [&] {
      const auto batch = queue.TakeBatch(limits);
      size_t tokens = 0;
      for (const Row& row : batch) {
        EXPECT_TRUE(seen.emplace(row.call, row.index).second);
        const uint32_t length = calls.at(row.call).at(row.index);
        if (limits.equal_lengths) {
          EXPECT_EQ(std::max(length, 1U), std::max(calls.at(batch[0].call)[batch[0].index], 1U));
        }
        tokens += std::max(length, 1U);
      }
      EXPECT_LE(batch.size(), limits.max_rows);
      EXPECT_TRUE(tokens <= limits.max_tokens || batch.size() == 1) << tokens;
    };
    for (FairQueue::CallId id = 1; id <= 6; ++id) {
      Lengths lengths(1 + random() % 50);
      for (uint32_t& length : lengths) length = static_cast<uint32_t>(random() % 300);
      total += lengths.size();
      queue.Add(id, lengths);
      calls[id] = lengths;
      while (!queue.empty() && random() % 3 == 0) take();
    }
    while (!queue.empty()) take();
    EXPECT_EQ(seen.size(), total);
    EXPECT_EQ(queue.queued_tokens(), 0U);
  }
}

}  // namespace
}  // namespace vetor
