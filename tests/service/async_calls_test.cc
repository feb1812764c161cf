// EmbedAsync gives what Embed gives, without a thread that waits, and calls each callback once,
// whatever happens.
#include "service/async_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/open_engine.h"
#include "service/batch_runner.h"
#include "service/service_report.h"
#include "tests/support/each_runtime.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Answer = Result<Embeddings>;

std::unique_ptr<EmbeddingsService> OpenWith(EmbeddingsConfig config, int threads) {
  config.threads = threads;
  testing::UseMemoryCache(&config);
  return EmbeddingsService::Open(config).value();
}

std::unique_ptr<EmbeddingsService> OpenHashing(int threads) { return OpenWith({}, threads); }

// Hashing, which reads text, and a model on each runtime, whose texts are tokenized by workers.
enum class Runs { kHashing, kNative, kOnnxRuntime };

std::string NameOf(Runs runs) {
  if (runs == Runs::kHashing) return "Hashing";
  return runs == Runs::kNative ? "Native" : "OnnxRuntime";
}

class AsyncCallsTest : public ::testing::TestWithParam<Runs> {
 protected:
  void SetUp() override {
    if (GetParam() == Runs::kOnnxRuntime) VETOR_SKIP_WITHOUT(testing::TestRuntime());
  }
  static std::unique_ptr<EmbeddingsService> Open(int threads) {
    if (GetParam() == Runs::kHashing) return OpenHashing(threads);
    const bool native = GetParam() == Runs::kNative;
    return OpenWith(testing::TinyConfig(native ? Runtime::kNative : Runtime::kOnnxRuntime),
                    threads);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, AsyncCallsTest,
                         ::testing::Values(Runs::kHashing, Runs::kNative, Runs::kOnnxRuntime),
                         [](const auto& made) { return NameOf(made.param); });

// Waits for the answer of one call.
Answer Await(EmbeddingsService& service, std::vector<std::string> texts,
             EmbedOptions options = {}) {
  std::promise<Answer> promise;
  service.EmbedAsync(std::move(texts), std::move(options),
                     [&](Answer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

std::vector<std::string> Numbered(size_t count, const std::string& name = "race ") {
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(name + std::to_string(i));
  return texts;
}

// A call that has begun to compute on one worker, and stays there until it is released.
class HeldCall {
 public:
  HeldCall(EmbeddingsService* service, std::vector<std::string> texts) {
    EmbedOptions options;
    options.progress = [this](size_t, size_t) {
      if (!begun_.exchange(true)) computing_.count_down();
      go_on_.wait();
    };
    service->EmbedAsync(std::move(texts), std::move(options),
                        [this](Answer answer) { answer_.set_value(std::move(answer)); });
    computing_.wait();
  }
  Answer LetGo() {
    go_on_.count_down();
    return answer_.get_future().get();
  }

 private:
  std::atomic<bool> begun_{false};
  std::latch computing_{1};
  std::latch go_on_{1};
  std::promise<Answer> answer_;
};

TEST_P(AsyncCallsTest, GivesWhatEmbedGives) {
  const auto service = Open(2);
  const std::vector<std::string> texts = {"GP de São Paulo", "", "race", "GP de São Paulo"};
  const Embeddings expected = Open(1)->Embed(texts).value();
  for (int turn = 0; turn < 2; ++turn) {  // Computed, then cached.
    const Embeddings found = Await(*service, texts).value();
    EXPECT_EQ(found.values, expected.values);
    EXPECT_EQ(found.model_id, expected.model_id);
    EXPECT_EQ(found.texts[2].cached, turn == 1);
  }
  EXPECT_EQ(Await(*service, {}).value().rows, 0U);
  EXPECT_EQ(service->metrics().calls, 3U);
  EXPECT_EQ(service->metrics().cache_hits, 4U);
}

TEST_P(AsyncCallsTest, WhatIsInMemoryIsFoundWithoutAThread) {
  const auto service = Open(1);
  const std::vector<std::string> texts = {"GP de São Paulo", "", "race"};
  EXPECT_FALSE(service->FindInMemory(texts));
  const Embeddings computed = Await(*service, texts).value();
  HeldCall held(service.get(), {"the only worker computes this"});
  const std::optional<Embeddings> found = service->FindInMemory(texts);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->values, computed.values);
  EXPECT_EQ(found->model_id, computed.model_id);
  EXPECT_TRUE(found->texts[2].cached);
  EXPECT_EQ(found->texts[2].tokens, computed.texts[2].tokens);
  EXPECT_FALSE(service->FindInMemory(std::vector<std::string>{"race", "another race"}));
  EXPECT_FALSE(service->FindInMemory(std::vector<std::string>{"\xFF"}));
  EXPECT_FALSE(service->FindInMemory(texts, {.use_cache = false}));
  EXPECT_FALSE(service->FindInMemory(texts, {.prompt_name = "no such prompt"}));
  EXPECT_TRUE(held.LetGo().ok());
  const Metrics metrics = service->metrics();
  EXPECT_EQ(metrics.calls, 3U) << "only the answered look is a call";
  EXPECT_EQ(metrics.cache_hits, 3U);
  EXPECT_EQ(metrics.cache_misses, 4U);
  EXPECT_EQ(metrics.failed_calls, 0U);
}

TEST_P(AsyncCallsTest, TimesAreThoseOfTheStagesThatACallWentThrough) {
  const auto service = Open(1);
  const CallTimes computed = Await(*service, Numbered(3)).value().times;
  EXPECT_GT(computed.compute_ms, 0);
  EXPECT_GE(computed.queue_ms, 0);
  EXPECT_EQ(computed.tokenize_ms > 0, GetParam() != Runs::kHashing);
  const CallTimes cached = Await(*service, Numbered(3)).value().times;
  EXPECT_EQ(cached.tokenize_ms + cached.queue_ms + cached.compute_ms, 0);
}

class AsyncModelCallsTest : public testing::OnEachRuntime {};
VETOR_ON_EACH_RUNTIME(AsyncModelCallsTest);

TEST_P(AsyncModelCallsTest, AModelsTextsAreTokenizedAndWindowedByWorkers) {
  const auto service = EmbeddingsService::Open(TinyConfig()).value();
  std::vector<std::string> texts = Numbered(40);
  for (int i = 0; i < 100; ++i) texts[3] += " Grand Prix";
  const EmbedOptions windows{.on_long = OnLong::kWindow};
  const Embeddings expected = service->Embed(texts, windows).value();
  EXPECT_EQ(Await(*service, texts, windows).value().values, expected.values);
  const EmbedOptions refused{.on_long = OnLong::kError};
  EXPECT_THAT(Await(*service, texts, refused).status().message(), HasSubstr("text 3"));
}

TEST_P(AsyncCallsTest, TheCallbackRunsOnAWorkerAlsoForWhatIsCached) {
  const auto service = Open(2);
  ASSERT_TRUE(service->Embed({"race"}).ok());
  std::promise<std::thread::id> thread;
  service->EmbedAsync({"race"}, {}, [&](const Answer& answer) {
    EXPECT_TRUE(answer.value().texts[0].cached);
    thread.set_value(std::this_thread::get_id());
  });
  EXPECT_NE(thread.get_future().get(), std::this_thread::get_id());
}

// Calls from several threads share texts: there are followers, copies within a call, and the cache.
TEST_P(AsyncCallsTest, EachOfManyCallsCallsBackOnce) {
  constexpr size_t kCalls = 400;
  const auto service = Open(2);
  const Embeddings expected = Open(1)->Embed(Numbered(8)).value();
  std::vector<std::atomic<int>> times(kCalls);
  std::latch all(kCalls);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = t; i < kCalls; i += 4) {
        EmbedOptions options;
        options.use_cache = i % 3 == 0;
        service->EmbedAsync(Numbered(8), options, [&, i](const Answer& answer) {
          EXPECT_EQ(answer.value().values, expected.values);
          ++times[i];
          all.count_down();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.wait();
  for (const std::atomic<int>& count : times) EXPECT_EQ(count, 1);
}

TEST_P(AsyncCallsTest, ErrorsComeToTheCallbackAndAreCounted) {
  const auto service = Open(2);
  EXPECT_THAT(Await(*service, {"race", "\xFF"}).status().message(), HasSubstr("text 1"));
  EXPECT_EQ(Await(*service, {"race"}, {.prompt_name = "none"}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(service->metrics().failed_calls, 2U);
}

TEST_P(AsyncCallsTest, ADeadlineThatHasPassedDropsWhatIsNotCached) {
  const auto service = Open(2);
  ASSERT_TRUE(service->Embed({"race"}).ok());
  const EmbedOptions late{.deadline = std::chrono::steady_clock::time_point()};
  EXPECT_TRUE(Await(*service, {"race"}, late).ok());  // As with Embed, nothing is left to do.
  EXPECT_EQ(Await(*service, {"another"}, late).status().code(), StatusCode::kDeadlineExceeded);
}

TEST_P(AsyncCallsTest, ACallThatFollowsAnotherEndsWithItsOwnDeadlineOrStop) {
  const auto service = Open(2);
  HeldCall held(service.get(), {"race"});
  const EmbedOptions late{.deadline = std::chrono::steady_clock::time_point()};
  EXPECT_EQ(Await(*service, {"race"}, late).status().code(), StatusCode::kDeadlineExceeded);
  std::stop_source stop;
  std::promise<Answer> stopped;
  service->EmbedAsync({"race"}, {.stop = stop.get_token()},
                      [&](Answer answer) { stopped.set_value(std::move(answer)); });
  stop.request_stop();
  EXPECT_EQ(stopped.get_future().get().status().code(), StatusCode::kCancelled);
  EXPECT_TRUE(held.LetGo().ok());
}

TEST_P(AsyncCallsTest, AFollowerGetsTheTextOfItsLeader) {
  const auto service = Open(2);
  HeldCall held(service.get(), {"race"});
  std::promise<Answer> followed;
  service->EmbedAsync({"race"}, {}, [&](Answer answer) { followed.set_value(std::move(answer)); });
  const Embeddings led = held.LetGo().value();
  EXPECT_EQ(followed.get_future().get().value().values, led.values);
}

TEST_P(AsyncCallsTest, DestroyingTheServiceEndsEveryCall) {
  for (int turn = 0; turn < 20; ++turn) {
    constexpr int kCalls = 50;
    std::atomic<int> answered{0};
    {
      const auto service = Open(2);
      for (int i = 0; i < kCalls; ++i) {
        EmbedOptions options;
        options.use_cache = false;
        options.deadline = std::chrono::steady_clock::time_point::max();
        service->EmbedAsync(Numbered(200, std::to_string(i % 7)), options, [&](Answer answer) {
          EXPECT_THAT(answer.status().code(), AnyOf(StatusCode::kOk, StatusCode::kCancelled));
          ++answered;
        });
      }
    }
    EXPECT_EQ(answered, kCalls);
  }
}

TEST_P(AsyncCallsTest, DestroyingWaitsForTheBatchThatRunsAndEndsItsFollowers) {
  auto service = Open(2);
  HeldCall held(service.get(), {"race"});
  std::promise<Answer> follower;
  service->EmbedAsync({"race"}, {}, [&](Answer answer) { follower.set_value(std::move(answer)); });
  std::thread destroyer([&service] { service.reset(); });
  EXPECT_THAT(held.LetGo().status().code(), AnyOf(StatusCode::kOk, StatusCode::kCancelled));
  EXPECT_THAT(follower.get_future().get().status().code(),
              AnyOf(StatusCode::kOk, StatusCode::kCancelled));
  destroyer.join();
}

TEST_P(AsyncCallsTest, WhatACallbackThrowsDoesNoHarm) {
  const auto service = Open(1);
  service->EmbedAsync({"race"}, {}, [](const Answer&) { throw std::runtime_error("mine"); });
  EXPECT_TRUE(Await(*service, {"race"}).ok());
}

TEST_P(AsyncCallsTest, ACallbackMayBeginACallButNotWaitForOne) {
  const auto service = Open(1);
  std::promise<Status> embed;
  std::promise<Answer> next;
  service->EmbedAsync({"race"}, {}, [&](const Answer&) {
    embed.set_value(service->Embed({"other"}).status());
    service->EmbedAsync({"next"}, {}, [&](Answer answer) { next.set_value(std::move(answer)); });
  });
  const Status refused = embed.get_future().get();
  EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("callback of EmbedAsync"));
  EXPECT_TRUE(next.get_future().get().ok());
}

TEST_P(AsyncCallsTest, ACallWithoutACallbackIsCountedAndDoesNoHarm) {
  const auto service = Open(1);
  service->EmbedAsync({"race"}, {}, nullptr);
  service->EmbedAsync({"race"}, {}, EmbeddingsService::EmbedCallback());
  EXPECT_EQ(service->metrics().failed_calls, 2U);
  EXPECT_TRUE(Await(*service, {"race"}).ok());
}

// Each of these waited for its own thread and never ended.
TEST(AsyncCallsDeathTest, AServiceThatItsOwnWorkerDestroysEndsTheProcessWithAMessage) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const char* said = "a service was destroyed by a callback.*\n.*destroy it on another thread";
  EXPECT_DEATH(
      {
        auto service = OpenHashing(1);
        std::promise<void> over;
        service->EmbedAsync({"race"}, {}, [&](const Answer&) {
          service.reset();
          over.set_value();
        });
        over.get_future().wait();
      },
      said);
  EXPECT_DEATH(
      {
        std::shared_ptr<EmbeddingsService> service = OpenHashing(1);
        std::promise<void> over;
        // The worker drops the last reference together with the callback.
        std::latch released(1);
        EmbeddingsService* const raw = service.get();
        raw->EmbedAsync({"race"}, {}, [owner = std::move(service), &released](const Answer&) {
          released.wait();
        });
        released.count_down();
        over.get_future().wait();
      },
      said);
  EXPECT_DEATH(
      {
        auto service = OpenHashing(1);
        EmbedOptions options;
        options.progress = [&](size_t, size_t) { service.reset(); };
        static_cast<void>(service->Embed(Numbered(300), options));
      },
      said);
}

TEST_P(AsyncCallsTest, ACallbackOfOneServiceMayDestroyAnother) {
  const auto service = Open(1);
  auto other = Open(1);
  std::promise<void> over;
  service->EmbedAsync({"race"}, {}, [&](const Answer&) {
    other.reset();
    over.set_value();
  });
  over.get_future().wait();
  EXPECT_EQ(other, nullptr);
}

TEST_P(AsyncCallsTest, ProgressOfACallIsWholeBeforeItsCallback) {
  const auto service = Open(2);
  std::atomic<size_t> seen{0};
  EmbedOptions options;
  options.progress = [&](size_t done, size_t total) {
    EXPECT_EQ(total, 300U);
    seen = done;
  };
  ASSERT_TRUE(Await(*service, Numbered(300), options).ok());
  EXPECT_EQ(seen, 300U);
}

// A service made by hand, whose queue holds two texts and whose only worker computes one at a time.
class FullQueueTest : public ::testing::Test {
 protected:
  FullQueueTest()
      : engine_(OpenEngine({}).value()),
        info_(DescribeService(engine_)),
        keyer_(engine_.info().fingerprint),
        parts_{.engine = &engine_,
               .info = &info_,
               .keyer = &keyer_,
               .in_flight = &in_flight_,
               .recorder = &recorder_},
        runner_(&engine_, nullptr, &recorder_),
        calls_(parts_, &scheduler_),
        scheduler_({.limits = {.max_rows = 1, .equal_lengths = false, .workers = 1},
                    .max_queued_tokens = 2},
                   [this](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                     runner_.Run(batch, rows);
                   }) {}
  ~FullQueueTest() override { calls_.Close(); }

  std::future<Answer> Begin(std::vector<std::string> texts, WhenFull when_full) {
    const auto promise = std::make_shared<std::promise<Answer>>();
    EmbedOptions options;
    options.when_full = when_full;
    calls_.Start({std::move(texts), options,
                  [promise](Answer answer) { promise->set_value(std::move(answer)); }});
    return promise->get_future();
  }

  // Holds the worker with an empty queue, so that the calls of a test begin in their order.
  void Hold() {
    calls_.Start({{"held"}, {}, [this](const Answer&) {
                    held_.count_down();
                    go_on_.wait();
                  }});
    held_.wait();
  }

  const Engine engine_;
  const ServiceInfo info_;
  const CacheKeyer keyer_;
  InFlight in_flight_;
  MetricsRecorder recorder_;
  const FlowParts parts_;
  const BatchRunner runner_;
  AsyncCalls calls_;
  Scheduler scheduler_;
  std::latch held_{1};
  std::latch go_on_{1};
};

TEST_F(FullQueueTest, ACallThatDoesNotWaitIsRefusedAndCounted) {
  Hold();
  std::future<Answer> large = Begin(Numbered(5, "large"), WhenFull::kWait);
  std::future<Answer> refused = Begin({"small"}, WhenFull::kRefuse);
  go_on_.count_down();
  const Status status = refused.get().status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("the queue is full"));
  EXPECT_TRUE(large.get().ok());
  EXPECT_EQ(recorder_.refused_calls, 1U);
  EXPECT_EQ(recorder_.failed_calls, 1U);
}

TEST_F(FullQueueTest, CallsThatWaitGetRoomInTheEnd) {
  Hold();
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 20; ++i) {
    answers.push_back(Begin(Numbered(3, std::to_string(i) + " "), WhenFull::kWait));
  }
  go_on_.count_down();
  for (std::future<Answer>& answer : answers) EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(recorder_.refused_calls, 0U);
}

TEST_F(FullQueueTest, ACallThatStopsWaitingLeavesTheRoomToTheNext) {
  Hold();
  std::future<Answer> large = Begin(Numbered(5, "large"), WhenFull::kWait);
  std::stop_source stop;
  std::promise<Answer> stopped;
  EmbedOptions options;
  options.stop = stop.get_token();
  calls_.Start({{"stopped"}, options, [&](Answer a) { stopped.set_value(std::move(a)); }});
  std::future<Answer> next = Begin({"next"}, WhenFull::kWait);
  stop.request_stop();
  go_on_.count_down();
  EXPECT_EQ(stopped.get_future().get().status().code(), StatusCode::kCancelled);
  EXPECT_TRUE(large.get().ok());
  EXPECT_TRUE(next.get().ok());
}

}  // namespace
}  // namespace vetor
