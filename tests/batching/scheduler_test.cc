#include "batching/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/thread_limit.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

// A call with texts of given lengths. The "vector" of a text is {length, index}.
class FakeCall : public ScheduledCall {
 public:
  explicit FakeCall(const std::vector<uint32_t>& lengths) : delivered(lengths.size()) {
    for (const uint32_t length : lengths) {
      ids_.emplace_back(length, 7);
      texts.push_back({.token_ids = ids_.back()});
    }
  }
  void Deliver(uint32_t index, std::span<const float> vector) {
    delivered[index] = std::vector<float>(vector.begin(), vector.end());
  }
  std::vector<std::vector<float>> delivered;

 private:
  std::vector<std::vector<int64_t>> ids_;
};

void RunRows(const TokenBatch& batch, std::span<const ScheduledRow> rows) {
  for (size_t r = 0; r < rows.size(); ++r) {
    const std::vector<float> vector = {static_cast<float>(batch.row(r).size()),
                                       static_cast<float>(rows[r].index)};
    static_cast<FakeCall*>(rows[r].call)->Deliver(rows[r].index, vector);
  }
}

// Holds every worker until it is opened.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void WaitUntilSomeoneWaits() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

TEST(SchedulerTest, EveryTextIsDeliveredToItsPlace) {
  Scheduler scheduler({.limits = {.workers = 2}}, RunRows);
  std::vector<uint32_t> lengths;
  for (uint32_t i = 0; i < 1000; ++i) lengths.push_back(i * 37 % 300);
  const auto call = std::make_shared<FakeCall>(lengths);
  ASSERT_TRUE(scheduler.Run(call, {}).ok());
  for (uint32_t i = 0; i < lengths.size(); ++i) {
    EXPECT_EQ(call->delivered[i],
              (std::vector<float>{static_cast<float>(lengths[i]), static_cast<float>(i)}));
  }
}

TEST(SchedulerTest, ManyCallersAtOnceEachGetTheirOwn) {
  Scheduler scheduler({.limits = {.workers = 2}}, RunRows);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (uint32_t t = 0; t < 16; ++t) {
    callers.emplace_back([&, t] {
      for (uint32_t round = 0; round < 50; ++round) {
        const std::vector<uint32_t> lengths = {t + 1, round + 1, 5};
        const auto call = std::make_shared<FakeCall>(lengths);
        if (!scheduler.Run(call, {}).ok()) ++wrong;
        for (size_t i = 0; i < lengths.size(); ++i) {
          if (call->delivered[i].at(0) != static_cast<float>(lengths[i])) ++wrong;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(SchedulerTest, AFailedRowFailsItsCallOnly) {
  Scheduler scheduler({.limits = {.workers = 1}},
                      [](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        RunRows(batch, rows);
                        for (const ScheduledRow& row : rows) {
                          if (row.call->texts.size() == 2) row.call->Fail(InternalError("NaN"));
                        }
                      });
  const auto good = std::make_shared<FakeCall>(std::vector<uint32_t>{4, 4, 4});
  const auto bad = std::make_shared<FakeCall>(std::vector<uint32_t>{4, 4});
  EXPECT_EQ(scheduler.Run(bad, {}).message(), "NaN");
  EXPECT_TRUE(scheduler.Run(good, {}).ok());
}

TEST(SchedulerTest, ACallerThatStopsLeavesAtOnceAndFreesItsQueue) {
  Gate gate;
  std::atomic<size_t> rows_run = 0;
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 1}},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        gate.Pass();
                        rows_run += rows.size();
                        RunRows(batch, rows);
                      });
  std::stop_source stop;
  Status status;
  std::thread caller([&] {
    auto call = std::make_shared<FakeCall>(std::vector<uint32_t>(100, 8));
    status = scheduler.Run(call, {.stop = stop.get_token()});
  });
  gate.WaitUntilSomeoneWaits();
  stop.request_stop();
  caller.join();  // It returns although the worker still holds its batch.
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  gate.Open();
  const auto next = std::make_shared<FakeCall>(std::vector<uint32_t>{8});
  EXPECT_TRUE(scheduler.Run(next, {}).ok());
  EXPECT_EQ(rows_run, 2U);  // The row that was running, and the next call's.
}

TEST(SchedulerTest, APassedDeadlineDropsTheWorkBeforeItRuns) {
  std::atomic<bool> ran = false;
  Scheduler scheduler({.limits = {.workers = 1}},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        ran = true;
                        RunRows(batch, rows);
                      });
  const auto call = std::make_shared<FakeCall>(std::vector<uint32_t>{8});
  const Status status =
      scheduler.Run(call, {.deadline = std::chrono::steady_clock::time_point::min()});
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(ran);
}

TEST(SchedulerTest, AFullQueueRefusesOrWaitsAsAsked) {
  Gate gate;
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 1}, .max_queued_tokens = 20},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        gate.Pass();
                        RunRows(batch, rows);
                      });
  const auto big = std::make_shared<FakeCall>(std::vector<uint32_t>(10, 8));
  std::thread caller([&] { EXPECT_TRUE(scheduler.Run(big, {}).ok()); });
  gate.WaitUntilSomeoneWaits();
  const auto small = std::make_shared<FakeCall>(std::vector<uint32_t>{8});
  const Status refused = scheduler.Run(small, {.when_full = WhenFull::kRefuse});
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(),
              HasSubstr("72 tokens wait, this call has 8, and at most 20 may wait"));
  gate.Open();
  EXPECT_TRUE(scheduler.Run(small, {}).ok());
  caller.join();
}

TEST(SchedulerTest, TypesAndPromptsOfMixedRowsLineUp) {
  const std::vector<int64_t> ids = {1, 2, 3};
  const std::vector<int64_t> types = {0, 1, 1};
  std::mutex mutex;
  std::vector<int64_t> seen_types;
  std::vector<uint32_t> seen_prompts;
  Scheduler scheduler({.limits = {.workers = 1}},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        const std::lock_guard lock(mutex);
                        seen_types = batch.token_type_ids;
                        seen_prompts = batch.prompt_tokens;
                        RunRows(batch, rows);
                      });
  const auto call = std::make_shared<FakeCall>(std::vector<uint32_t>{});
  call->delivered.resize(2);
  call->texts = {{.token_ids = ids},
                 {.token_ids = ids, .token_type_ids = types, .prompt_tokens = 2}};
  ASSERT_TRUE(scheduler.Run(call, {}).ok());
  EXPECT_THAT(seen_types, ::testing::ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_THAT(seen_prompts, ::testing::ElementsAre(0, 2));
}

// The threads that ran the batches of a call.
std::vector<std::thread::id> ThreadsOf(size_t texts, const CallLimits& limits) {
  std::mutex mutex;
  std::vector<std::thread::id> threads;
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 1}},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        const std::lock_guard lock(mutex);
                        threads.push_back(std::this_thread::get_id());
                        RunRows(batch, rows);
                      });
  const auto call = std::make_shared<FakeCall>(std::vector<uint32_t>(texts, 8));
  EXPECT_TRUE(scheduler.Run(call, limits).ok());
  return threads;
}

TEST(SchedulerTest, AFewTextsRunOnTheirCallersThreadUnlessTheyMayBeCutShort) {
  const std::thread::id here = std::this_thread::get_id();
  EXPECT_THAT(ThreadsOf(1, {}), ::testing::ElementsAre(here));
  std::stop_source stop;
  EXPECT_THAT(ThreadsOf(1, {.stop = stop.get_token()}), ::testing::Not(::testing::Contains(here)));
  const auto far = std::chrono::steady_clock::time_point::max() - std::chrono::hours(1);
  EXPECT_THAT(ThreadsOf(1, {.deadline = far}), ::testing::Not(::testing::Contains(here)));
  EXPECT_THAT(ThreadsOf(100, {}), ::testing::Not(::testing::Contains(here)));
}

TEST(SchedulerTest, HelpingCallersDoNotRunMoreBatchesThanThereAreWorkers) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 2}},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        const int now = ++running;
                        int seen = most;
                        while (now > seen && !most.compare_exchange_weak(seen, now)) {
                        }
                        std::this_thread::yield();
                        RunRows(batch, rows);
                        --running;
                      });
  std::vector<std::thread> callers;
  for (int c = 0; c < 16; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto call = std::make_shared<FakeCall>(std::vector<uint32_t>{8, 4, 8});
        EXPECT_TRUE(scheduler.Run(call, {}).ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_GE(most, 1);
  EXPECT_LE(most, 2);
}

// A batch is alone if nothing runs beside it and nothing waits, so the last batch of a larger call
// is alone, too.
TEST(SchedulerTest, ABatchKnowsWhetherItIsAlone) {
  std::mutex mutex;
  // For each batch, its tokens and whether it was alone.
  std::vector<std::pair<size_t, bool>> seen;
  Gate gate;
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 2}},
                      [&](const TokenBatch& batch, auto rows) {
                        {
                          const std::lock_guard lock(mutex);
                          seen.emplace_back(batch.tokens(), batch.alone);
                        }
                        if (batch.tokens() == 9) gate.Pass();
                        RunRows(batch, rows);
                      });
  const auto run = [&](const std::vector<uint32_t>& lengths) {
    EXPECT_TRUE(scheduler.Run(std::make_shared<FakeCall>(lengths), {}).ok());
  };
  run({3});
  std::thread other([&] { run({9}); });
  gate.WaitUntilSomeoneWaits();
  run({5});  // It runs beside the 9.
  gate.Open();
  other.join();
  run({4});
  EXPECT_THAT(seen, ::testing::ElementsAre(std::pair(3U, true), std::pair(9U, true),
                                           std::pair(5U, false), std::pair(4U, true)));
}

TEST(SchedulerTest, WhileTextsWaitNoBatchIsAlone) {
  std::vector<bool> alone;
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 1}},
                      [&](const TokenBatch& batch, auto rows) {
                        alone.push_back(batch.alone);
                        RunRows(batch, rows);
                      });
  EXPECT_TRUE(scheduler.Run(std::make_shared<FakeCall>(std::vector<uint32_t>{4, 3, 2}), {}).ok());
  EXPECT_THAT(alone, ::testing::ElementsAre(false, false, true));
}

// If the system refused memory in a worker, or if anything else was thrown there, the process
// ended.
TEST(SchedulerTest, WhatAWorkerThrowsFailsTheCallsOfItsBatch) {
  std::atomic<int> thrown = 0;
  Scheduler scheduler({.limits = {.workers = 2}},
                      [&](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                        if (batch.tokens() == 9 && ++thrown == 1) throw std::bad_alloc();
                        if (batch.tokens() == 11) throw std::runtime_error("lost its place");
                        RunRows(batch, rows);
                      });
  // The first text runs on a worker's thread, because the call may be cut short; the second runs on
  // its caller's thread.
  std::stop_source stop;
  const auto memory = std::make_shared<FakeCall>(std::vector<uint32_t>{9});
  const Status refused = scheduler.Run(memory, {.stop = stop.get_token()});
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("no more memory"));
  const Status other = scheduler.Run(std::make_shared<FakeCall>(std::vector<uint32_t>{11}), {});
  EXPECT_EQ(other.code(), StatusCode::kInternal);
  EXPECT_THAT(other.message(), HasSubstr("lost its place"));
  const auto again = std::make_shared<FakeCall>(std::vector<uint32_t>{9});
  EXPECT_TRUE(scheduler.Run(again, {.stop = stop.get_token()}).ok());
}

// If one thread could not be started, the process ended, even if others were running already.
TEST(SchedulerTest, FewerThreadsDoTheWork) {
  const vetor::testing::ThreadLimit limit(1);
  Scheduler scheduler({.limits = {.max_rows = 1, .workers = 4}}, RunRows);
  EXPECT_TRUE(scheduler.Started().ok());
  const auto call = std::make_shared<FakeCall>(std::vector<uint32_t>(100, 8));
  EXPECT_TRUE(scheduler.Run(call, {}).ok());
  EXPECT_EQ(call->delivered.back(), (std::vector<float>{8, 99}));
}

TEST(SchedulerTest, WithoutAThreadEveryCallIsRefused) {
  const vetor::testing::ThreadLimit limit(0);
  Scheduler scheduler({.limits = {.workers = 4}}, RunRows);
  EXPECT_EQ(scheduler.Started().code(), StatusCode::kResourceExhausted);
  const Status refused = scheduler.Run(std::make_shared<FakeCall>(std::vector<uint32_t>{8}), {});
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("ulimit -u"));
}

// A call for which no thread waits. Its first step puts its text into the queue, and a later step
// reports.
class SubmittedCall : public WorkerTask, public std::enable_shared_from_this<SubmittedCall> {
 public:
  SubmittedCall(Scheduler* scheduler, std::latch* done) : scheduler_(scheduler), done_(done) {}
  void Step() noexcept override {
    if (!submitted_) {
      submitted_ = scheduler_->Submit(call_, {}, shared_from_this()).value();
    } else if (scheduler_->Outcome(call_.get())) {
      done_->count_down();
    }
  }

 private:
  Scheduler* const scheduler_;
  std::latch* const done_;
  const std::shared_ptr<FakeCall> call_ =
      std::make_shared<FakeCall>(std::vector<uint32_t>(1, uint32_t{8}));
  bool submitted_ = false;
};

// Each of many such calls had a batch of its own, because workers took steps and batches in turn.
TEST(SchedulerTest, CallsForWhichNoThreadWaitsShareBatches) {
  Gate gate;
  std::atomic<size_t> batches = 0;
  Scheduler scheduler({.limits = {.workers = 1}, .least_task_turn = std::chrono::hours(1)},
                      [&](const TokenBatch&, std::span<const ScheduledRow>) {
                        if (batches++ == 0) gate.Pass();
                      });
  std::latch done(65);
  std::vector<std::shared_ptr<SubmittedCall>> calls;
  for (int i = 0; i < 65; ++i) {
    calls.push_back(std::make_shared<SubmittedCall>(&scheduler, &done));
    scheduler.Wake(calls.back());
    if (i == 0) gate.WaitUntilSomeoneWaits();
  }
  gate.Open();
  done.wait();
  EXPECT_EQ(batches, 3) << "the first alone, then 64 in batches of at most 32 rows";
}

// However many steps wait, a waiting batch gets its turn.
TEST(SchedulerTest, StepsDoNotKeepABatchWaiting) {
  Scheduler scheduler({.limits = {.workers = 1}, .least_task_turn = {}}, RunRows);
  struct Endless : WorkerTask, std::enable_shared_from_this<Endless> {
    explicit Endless(Scheduler* owner) : scheduler(owner) {}
    void Step() noexcept override {
      if (!stop) scheduler->Wake(shared_from_this());
      if (stop && !stopped.exchange(true)) ended.count_down();
    }
    Scheduler* const scheduler;
    std::atomic<bool> stop{false};
    std::atomic<bool> stopped{false};
    std::latch ended{1};
  };
  const auto endless = std::make_shared<Endless>(&scheduler);
  scheduler.Wake(endless);
  std::stop_source stop;  // With a stop source the caller does not compute the text itself.
  const auto call = std::make_shared<FakeCall>(std::vector<uint32_t>{8});
  EXPECT_TRUE(scheduler.Run(call, {.stop = stop.get_token()}).ok());
  endless->stop = true;
  scheduler.Wake(endless);
  endless->ended.wait();
}

TEST(SchedulerTest, AnEmptyCallIsDone) {
  Scheduler scheduler({}, RunRows);
  EXPECT_TRUE(scheduler.Run(std::make_shared<FakeCall>(std::vector<uint32_t>{}), {}).ok());
}

}  // namespace
}  // namespace vetor
