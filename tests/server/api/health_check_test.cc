// /health: a real pass, shared by all who ask, and not made again while the last one counts.
#include "server/api/health_check.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::HeldWorker;
using testing::MakeRequest;

TEST(HealthCheck, AllWhoAskMeanwhileShareOnePass) {
  const auto api = ApiUnderTest::WithHashing();
  HeldWorker held(&api->service());
  auto first = api->Start(MakeRequest("GET", "/health"));
  auto second = api->Start(MakeRequest("GET", "/health"));
  held.Release();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(second.get().status, 200);
  EXPECT_EQ(api->service().metrics().calls, 2U);  // The held one and the pass.
}

TEST(HealthCheck, APassCountsForTenSeconds) {
  auto seconds = std::make_shared<std::atomic<int>>(0);
  ApiOptions options;
  options.now = [seconds] { return testing::kNow + std::chrono::seconds(*seconds); };
  const auto api = ApiUnderTest::WithHashing(options);
  EXPECT_EQ(api->Get("/health").status, 200);
  *seconds = 10;
  EXPECT_EQ(api->Get("/health").status, 200);
  EXPECT_EQ(api->service().metrics().calls, 1U);
  *seconds = 11;
  EXPECT_EQ(api->Get("/health").status, 200);
  EXPECT_EQ(api->service().metrics().calls, 2U);
}

TEST(HealthCheck, APassOfARequestCountsAsWell) {
  const auto api = ApiUnderTest::WithHashing();
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":"a"})").status, 200);
  EXPECT_EQ(api->Get("/health").status, 200);
  EXPECT_EQ(api->service().metrics().calls, 1U);
}

TEST(HealthCheck, AServerThatLoadsIsNotHealthyButLives) {
  ApiUnderTest api;
  EXPECT_EQ(api.Get("/health").status, 503);
  EXPECT_EQ(api.Get("/ready").status, 503);
  EXPECT_EQ(api.Get("/live").status, 200);
}

}  // namespace
}  // namespace vetor
