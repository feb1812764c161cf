// Large bodies and answers, which wait for a thread: nobody waits behind what is larger, and what
// waits is answered when its client leaves, the server stops or it is too old.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "server/api/work_lanes.h"
#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::MakeRequest;

bool IsReady(const std::future<HttpResponse>& answer) {
  return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// Not JSON, and so large that it is read on a thread for large work.
std::string LargeBody() { return std::string(WorkLanes::kMediumCost + 1, 'x'); }

HttpRequest Stoppable(const std::string& body, const std::stop_source& source) {
  HttpRequest request = MakeRequest("POST", "/embed", body);
  request.stop = source.get_token();
  return request;
}

// Holds the threads for large work until it is released.
class HeldLane {
 public:
  explicit HeldLane(ApiUnderTest* api) {
    for (size_t i = 0; i < WorkLanes::ThreadsPerLane(); ++i) {
      api->handler().Handle(MakeRequest("POST", "/embed", LargeBody()),
                            [this, may_go = may_go_](const HttpResponse& answer) {
                              EXPECT_EQ(answer.status, 400);
                              held_.count_down();
                              may_go.wait();
                            });
    }
    held_.wait();
  }
  void Release() { go_.set_value(); }

 private:
  std::latch held_{static_cast<std::ptrdiff_t>(WorkLanes::ThreadsPerLane())};
  std::promise<void> go_;
  const std::shared_future<void> may_go_ = go_.get_future().share();
};

TEST(WaitingTest, SmallRequestsDoNotWaitBehindLargeBodies) {
  const auto api = ApiUnderTest::WithTiny();
  HeldLane held(api.get());
  std::future<HttpResponse> large = api->Start(MakeRequest("POST", "/embed", LargeBody()));
  EXPECT_EQ(api->Post("/tokenize", R"({"inputs":"Monza"})").status, 200);
  EXPECT_EQ(api->Post("/embed", R"({"inputs":"Monza"})").status, 200);
  EXPECT_EQ(api->Post("/embed", R"({"inputs":")" + std::string(100'000, 'a') + R"("})").status,
            200);
  EXPECT_FALSE(IsReady(large));
  held.Release();
  EXPECT_EQ(large.get().status, 400);
}

TEST(WaitingTest, Row15WhatWaitsWhenTheTimeOfADrainIsOverIsAnsweredAtOnce) {
  const auto api = ApiUnderTest::WithTiny();
  HeldLane held(api.get());
  std::stop_source time_is_over;
  std::future<HttpResponse> waits = api->Start(Stoppable(LargeBody(), time_is_over));
  api->handler().StartDraining();
  EXPECT_FALSE(IsReady(waits));
  time_is_over.request_stop();
  const HttpResponse answer = waits.get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("the server stops"), std::string::npos) << answer.body;
  held.Release();
}

TEST(WaitingTest, Row15SoIsWhatAWorkerIsBusyWithOrWillBe) {
  const auto api = ApiUnderTest::WithHashing();
  testing::HeldWorker held(&api->service());
  std::stop_source time_is_over;
  std::future<HttpResponse> waits = api->Start(Stoppable(R"({"inputs":"Monza"})", time_is_over));
  api->handler().StartDraining();
  EXPECT_FALSE(IsReady(waits));
  time_is_over.request_stop();
  EXPECT_EQ(waits.get().status, 503);
  held.Release();
}

TEST(WaitingTest, Row12ABodyWhoseClientHasLeftIsNotRead) {
  const auto api = ApiUnderTest::WithTiny();
  HeldLane held(api.get());
  std::stop_source client;
  std::future<HttpResponse> waits = api->Start(Stoppable(LargeBody(), client));
  client.request_stop();
  EXPECT_EQ(waits.get().status, 499);
  held.Release();
}

// The vectors of a request whose client has left lie in memory until the worker looks.
TEST(WaitingTest, Row33WhatIsComputedForNobodyCountsUntilItEnds) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(20 << 20);
  const auto api = ApiUnderTest::WithHashing(options);
  testing::HeldWorker held(&api->service());
  std::stop_source client;
  std::string body = R"({"inputs":["")";
  for (int i = 1; i < 1000; ++i) body += R"(,"")";
  std::future<HttpResponse> waits = api->Start(Stoppable(body + "]}", client));
  client.request_stop();
  EXPECT_EQ(waits.get().status, 499);
  EXPECT_GE(options.budget->held(), 1000U * 256 * 4);
  held.Release();
  while (options.budget->held() > 0) std::this_thread::yield();
}

TEST(WaitingTest, Row14ABodyThatIsTooOldIsNotRead) {
  std::atomic<int> minutes{0};
  ApiOptions options;
  options.now = [&minutes] { return testing::kNow + std::chrono::minutes(minutes); };
  const auto api = ApiUnderTest::WithTiny(options);
  HeldLane held(api.get());
  std::future<HttpResponse> waits = api->Start(MakeRequest("POST", "/embed", LargeBody()));
  minutes = 2;
  held.Release();
  EXPECT_EQ(waits.get().status, 504);
}

TEST(WaitingTest, ALargeAnswerIsNotWrittenByAWorker) {
  const auto api = ApiUnderTest::WithHashing();  // With one worker.
  HeldLane held(api.get());
  std::string body = R"({"inputs":["")";
  for (int i = 1; i < 2000; ++i) body += R"(,"")";
  std::future<HttpResponse> large = api->Start(MakeRequest("POST", "/embed", body + "]}"));
  while (api->service().metrics().texts < 2000) std::this_thread::yield();
  EXPECT_EQ(api->Post("/embed", R"({"inputs":"Monza"})").status, 200);
  EXPECT_FALSE(IsReady(large));
  held.Release();
  EXPECT_EQ(large.get().status, 200);
}

TEST(WaitingTest, Row33WhatABodyIsReadIntoCountsToo) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(20 << 20);
  const auto api = ApiUnderTest::WithTiny(options);
  std::string body = R"({"inputs":["")";
  for (int i = 1; i < 200'000; ++i) body += R"(,"")";
  body += "]}";  // 600 kB, and 13 MB as values.
  EXPECT_EQ(api->Post("/similarity", body).status, 422) << "It is read.";
  while (options.budget->held() > 0) std::this_thread::yield();
  HeldBytes others(options.budget);
  ASSERT_TRUE(others.Hold(8 << 20));
  EXPECT_EQ(api->Post("/similarity", body).status, 429);
  options.budget = std::make_shared<ByteBudget>(10 << 20);
  EXPECT_EQ(ApiUnderTest::WithTiny(options)->Post("/similarity", body).status, 413);
}

}  // namespace
}  // namespace vetor
