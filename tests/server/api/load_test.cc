// Many requests at once: shared batches, refusals, clients that leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <latch>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/api/api_under_test.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::FieldOf;
using testing::HeldWorker;
using testing::JsonOf;
using testing::MakeRequest;

HttpRequest TextRequest(int number) {
  return MakeRequest("POST", "/v1/embeddings",
                     R"({"input":"text number )" + std::to_string(number) + R"("})");
}

TEST(ServerLoad, RequestsOfManyClientsShareBatches) {
  const auto api = ApiUnderTest::WithHashing();
  constexpr int kThreads = 4;
  constexpr int kEach = 8;
  HeldWorker held(&api->service());
  std::vector<std::future<HttpResponse>> answers(kThreads * kEach);
  std::vector<std::thread> clients;
  for (int t = 0; t < kThreads; ++t) {
    clients.emplace_back([&api, &answers, t] {
      for (int i = t * kEach; i < (t + 1) * kEach; ++i) answers[i] = api->Start(TextRequest(i));
    });
  }
  for (std::thread& client : clients) client.join();
  held.Release();
  for (int i = 0; i < kThreads * kEach; ++i) {
    const HttpResponse answer = answers[i].get();
    ASSERT_EQ(answer.status, 200);
    // Nobody gets the vector of another client.
    const auto own = api->Start(TextRequest(i)).get();
    EXPECT_EQ(answer.body, own.body);
  }
  EXPECT_LT(api->service().metrics().batches, kThreads * kEach);
}

TEST(ServerLoad, EqualTextsOfSeveralClientsAreComputedOnce) {
  const auto api = ApiUnderTest::WithHashing();
  HeldWorker held(&api->service());
  std::vector<std::future<HttpResponse>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(api->Start(TextRequest(7)));
  held.Release();
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(api->service().metrics().computed_texts, 2U);  // The held one and this.
}

// The value of a line of /metrics.
int Metric(ApiUnderTest* api, const std::string& name) {
  const std::string text = api->Get("/metrics").body;
  const size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stoi(text.substr(at + name.size() + 2));
}

// Returns when each of `requests` requests has its place in the queue or is answered 429, and how
// many are.
int AwaitRefusals(ApiUnderTest* api, int requests,
                  std::vector<std::future<HttpResponse>>* answers) {
  int refused = 0;
  do {
    refused = Metric(api, "vetor_refused_requests_total");
  } while (refused + Metric(api, "vetor_queue_requests") < requests);
  int answered = 0;
  while (answered < refused) {
    answered = 0;
    for (auto& answer : *answers) {
      answered += answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready ? 1 : 0;
    }
  }
  return answered;
}

// Four times as many tokens as may wait.
TEST(ServerLoad, Row13OverloadGivesEachRequestOneAnswer) {
  ApiOptions options;
  constexpr int kCapacity = 25;
  constexpr int kTokensEach = 8;  // "text number 10" as the admission counts it, or less.
  options.config.queue_tokens = kCapacity * kTokensEach;
  const auto api = ApiUnderTest::WithHashing(options);
  HeldWorker held(&api->service());
  std::vector<std::future<HttpResponse>> answers;
  for (int i = 0; i < 4 * kCapacity; ++i) answers.push_back(api->Start(TextRequest(i)));
  // Refusals do not wait for the worker.
  const int at_once = AwaitRefusals(api.get(), 4 * kCapacity, &answers);
  EXPECT_GE(at_once, 2 * kCapacity);
  held.Release();
  std::map<int, int> statuses;
  for (auto& future : answers) {
    const HttpResponse answer = future.get();
    ++statuses[answer.status];
    if (answer.status != 429) continue;
    EXPECT_EQ(FieldOf(answer, "Retry-After"), "1");
    EXPECT_EQ(FieldOf(answer, "retry-after-ms"), "1000");
    EXPECT_EQ(JsonOf(answer).at("error").at("type"), "rate_limit_error");
  }
  EXPECT_EQ(statuses[429], at_once);
  EXPECT_EQ(statuses[200] + statuses[429], 4 * kCapacity);
  EXPECT_EQ(api->Start(TextRequest(0)).get().status, 200);
}

// "text number 1" and "text number 2" are in the cache. The worker computes nothing meanwhile.
void ExpectCachedTextsAreAnswered(ApiUnderTest* api) {
  HeldWorker held(&api->service());
  std::vector<std::future<HttpResponse>> queued;
  // More than the queue takes.
  for (int i = 100; i < 110; ++i) queued.push_back(api->Start(TextRequest(i)));
  EXPECT_GE(AwaitRefusals(api, 10, &queued), 1);
  EXPECT_EQ(api->Start(TextRequest(1)).get().status, 200);
  EXPECT_EQ(api->Start(TextRequest(3)).get().status, 429);
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":["text number 1","text number 2"]})").status,
            200);
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":["text number 1","text number 3"]})").status,
            429);
  held.Release();
}

TEST(ServerLoad, Row13ATextInTheCacheIsAnsweredHoweverFullTheQueueIs) {
  ApiOptions options;
  options.config.queue_tokens = 30;
  const auto api = ApiUnderTest::WithHashing(options);
  ASSERT_EQ(api->Start(TextRequest(1)).get().status, 200);
  ASSERT_EQ(api->Start(TextRequest(2)).get().status, 200);
  ExpectCachedTextsAreAnswered(api.get());
}

TEST(ServerLoad, ATextInMemoryIsAnsweredOnTheThreadThatAsks) {
  const auto api = ApiUnderTest::WithHashing();
  ASSERT_EQ(api->Start(TextRequest(1)).get().status, 200);
  std::optional<std::thread::id> answered_by;
  HttpRequest request = TextRequest(1);
  ASSERT_FALSE(api->handler().CheckHead(request.head));
  api->handler().Handle(std::move(request), [&](const HttpResponse& response) {
    EXPECT_EQ(response.status, 200);
    answered_by = std::this_thread::get_id();
  });
  EXPECT_EQ(answered_by, std::this_thread::get_id());
}

TEST(ServerLoad, Row13ATextInTheCacheOnDiskIsAnsweredHoweverFullTheQueueIs) {
  const TemporaryFolder folder;
  EmbeddingsConfig config = testing::HashingConfig();
  config.cache.dir = folder.path().string();
  {
    const auto service = EmbeddingsService::Open(config).value();
    ASSERT_TRUE(service->Embed({"text number 1", "text number 2"}).ok());
  }
  ApiOptions options;
  options.config.queue_tokens = 30;
  ApiUnderTest api(options);
  api.models().Put(0, testing::OpenForServing(config));
  ExpectCachedTextsAreAnswered(&api);
  EXPECT_GE(api.service().metrics().cache_disk_hits, 1U);
}

TEST(ServerLoad, Row12ARequestThatIsStoppedTakesItsQueuedWorkWithIt) {
  const auto api = ApiUnderTest::WithHashing();
  HeldWorker held(&api->service());
  std::stop_source client;
  HttpRequest request = TextRequest(1);
  request.stop = client.get_token();
  auto left = api->Start(std::move(request));
  auto stays = api->Start(TextRequest(2));
  client.request_stop();
  held.Release();
  EXPECT_EQ(left.get().status, 499);
  EXPECT_EQ(stays.get().status, 200);
  EXPECT_EQ(api->service().metrics().computed_texts, 2U);  // The held one and the one that stays.
}

// The clock of the handler stands but for the moments that a test moves it. The service has its
// own, by which nothing is late.
TEST(ServerLoad, Row13WhatWouldEndAfterItsDeadlineIs429AndSaysWhenToComeBack) {
  std::atomic<int64_t> moved_ms = 0;
  ApiOptions options;
  options.now = [&] { return testing::kNow + std::chrono::milliseconds(moved_ms); };
  options.config.request_timeout_ms = 4000;
  const auto api = ApiUnderTest::WithHashing(options);
  const auto ask = [&](const std::string& texts) {
    HttpRequest request = MakeRequest("POST", "/v1/embeddings", R"({"input":[)" + texts + "]}");
    request.received = options.now();
    return api->Start(std::move(request));
  };
  {
    // 6 tokens in a second.
    HeldWorker held(&api->service());
    auto measured = ask(R"("twelve bytes")");
    while (Metric(api.get(), "vetor_queue_requests") < 1) std::this_thread::yield();
    moved_ms = 1000;
    held.Release();
    EXPECT_EQ(measured.get().status, 200);
  }
  HeldWorker held(&api->service());
  auto first = ask(R"("a text","of three","and more")");
  auto second = ask(R"("b text")");
  while (Metric(api.get(), "vetor_queue_requests") < 2) std::this_thread::yield();
  const HttpResponse refused = ask(R"("another text that is longer")").get();
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, ::testing::HasSubstr("ai.server.request_timeout_ms"));
  EXPECT_GE(std::stoi(FieldOf(refused, "retry-after-ms")), 100);
  EXPECT_NE(FieldOf(refused, "retry-after-ms"), "1000") << "That is said where no rate is known.";
  EXPECT_EQ(Metric(api.get(), "vetor_refused_requests_total"), 1);
  held.Release();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(second.get().status, 200);
}

TEST(ServerLoad, Row13ARequestLargerThanTheQueueLeavesRoomForSmallOnes) {
  ApiOptions options;
  options.config.queue_tokens = 200;
  const auto api = ApiUnderTest::WithHashing(options);
  HeldWorker held(&api->service());
  std::string texts = R"("0")";
  for (int i = 1; i < 100; ++i) texts += ",\"" + std::to_string(i) + "\"";
  auto giant = api->Start(MakeRequest("POST", "/v1/embeddings", R"({"input":[)" + texts + "]}"));
  while (Metric(api.get(), "vetor_queue_requests") < 1) std::this_thread::yield();
  auto small = api->Start(TextRequest(1));
  while (Metric(api.get(), "vetor_queue_requests") +
             Metric(api.get(), "vetor_refused_requests_total") <
         2) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Metric(api.get(), "vetor_refused_requests_total"), 0);
  held.Release();
  EXPECT_EQ(small.get().status, 200);
  EXPECT_EQ(giant.get().status, 200);
}

TEST(ServerLoad, Row14ADeadlineThatPassedInTheQueueIs504) {
  const auto api = ApiUnderTest::WithHashing();
  HeldWorker held(&api->service());
  HttpRequest request = TextRequest(1);
  // By the handler's clock it is in time; by the machine's it is old once the worker looks.
  request.received = std::chrono::steady_clock::time_point() - std::chrono::minutes(2);
  ApiOptions options;
  options.now = [] { return std::chrono::steady_clock::time_point() - std::chrono::minutes(2); };
  ApiHandler handler(options, &api->models());
  auto answer = testing::Ask(&handler, std::move(request));
  held.Release();
  EXPECT_EQ(answer.get().status, 504);
  EXPECT_EQ(api->service().metrics().computed_texts, 1U);
}

TEST(ServerLoad, Row7AnAnswerThatWouldBeTooLargeIs413) {
  const auto api = ApiUnderTest::WithHashing();
  std::string body = R"({"input":["")";
  for (int i = 1; i < 140'000; ++i) body += R"(,"")";
  const HttpResponse answer = api->Post("/v1/embeddings", body + "]}");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(api->service().metrics().calls, 0U);
}

// The answers are kept here as a connection keeps those that its client does not read.
TEST(ServerLoad, Row13AnswersUnderWayHaveACommonBound) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(1'000'000);
  const auto api = ApiUnderTest::WithHashing(options);
  std::string texts = R"("")";
  for (int i = 1; i < 150; ++i) texts += R"(,"")";
  const std::string body = R"({"encoding_format":"base64","input":[)" + texts + "]}";
  std::vector<HttpResponse> kept;
  for (int i = 0; i < 3; ++i) {
    kept.push_back(api->Post("/v1/embeddings", body));
    ASSERT_EQ(kept.back().status, 200) << kept.back().body;
  }
  EXPECT_EQ(options.budget->held(), 3 * kept.front().body.size());
  const HttpResponse refused = api->Post("/v1/embeddings", body);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(FieldOf(refused, "retry-after-ms"), "1000");
  EXPECT_EQ(JsonOf(refused).at("error").at("type"), "rate_limit_error");
  EXPECT_EQ(api->service().metrics().calls, 3U) << "A refusal comes before anything is computed.";
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":"a small one"})").status, 200);
  EXPECT_EQ(api->Post("/embed", R"({"inputs":[)" + texts + "," + texts + "]}").status, 413)
      << "It would not even fit alone.";
  kept.clear();
  EXPECT_EQ(options.budget->held(), 0U);
  EXPECT_EQ(api->Post("/v1/embeddings", body).status, 200);
}

TEST(ServerLoad, Row13AnswersOfTokensCountToo) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(1'000'000);
  const auto api = ApiUnderTest::WithTiny(options);
  const std::string body = R"({"inputs":")" + std::string(10'000, 'a') + R"("})";
  const HttpResponse kept = api->Post("/tokenize", body);
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(options.budget->held(), kept.body.size());
  HeldBytes others(options.budget);
  ASSERT_TRUE(others.Hold(800'000));
  EXPECT_EQ(api->Post("/tokenize", body).status, 429);
}

TEST(ServerLoad, Row13AnswersOfTextsOfIdsCountToo) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(1'000'000);
  const auto api = ApiUnderTest::WithTiny(options);
  std::string body = R"({"ids":[5)";
  for (int i = 0; i < 1000; ++i) body += ",5";
  body += "]}";
  const HttpResponse kept = api->Post("/decode", body);
  EXPECT_EQ(kept.status, 200) << kept.body;
  EXPECT_EQ(options.budget->held(), kept.body.size());
  HeldBytes others(options.budget);
  ASSERT_TRUE(others.Hold(850'000));
  EXPECT_EQ(api->Post("/decode", body).status, 429);
}

TEST(ServerLoad, ServicesThatCloseAnswerWhatIsUnderWay) {
  std::future<HttpResponse> answer;
  {
    const auto api = ApiUnderTest::WithHashing();
    answer = api->Start(TextRequest(1));
  }
  const int status = answer.get().status;
  EXPECT_TRUE(status == 200 || status == 503) << status;
}

}  // namespace
}  // namespace vetor
