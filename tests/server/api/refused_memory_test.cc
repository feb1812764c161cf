// Refuses every allocation of a request once, on whatever thread it happens. The request gets one
// answer, right or an error, and the next request is answered.
#include "tests/support/refused_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <utility>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::MakeRequest;

// Asks with the n-th allocation refused. The answer has a place before, so that no allocation of
// the test is refused.
HttpResponse AskRefused(ApiHandler* handler, HttpRequest request, int n, bool* refused) {
  std::promise<HttpResponse> answer;
  std::atomic<int> answers{0};
  std::future<HttpResponse> future = answer.get_future();
  testing::RefuseAllocation(n);
  handler->Handle(std::move(request), [&answer, &answers](HttpResponse response) {
    if (answers.fetch_add(1) == 0) answer.set_value(std::move(response));
  });
  HttpResponse response = future.get();
  *refused = testing::EndRefusing();
  EXPECT_EQ(answers, 1) << n;
  return response;
}

void RefuseEach(ApiUnderTest* api, const char* path, const std::string& start) {
  bool refused = true;
  int n = 0;
  for (; refused && n < 1000; ++n) {
    const std::string body = start + std::to_string(n) + "\"}";
    const HttpResponse answer =
        AskRefused(&api->handler(), MakeRequest("POST", path, body), n, &refused);
    const HttpResponse again = api->Post(path, body);
    ASSERT_EQ(again.status, 200) << n << again.body;
    if (answer.status == 200) {
      EXPECT_EQ(answer.body, again.body) << n;
    } else {
      EXPECT_TRUE(answer.status == 429 || answer.status == 500 || answer.status == 503)
          << n << answer.body;
    }
  }
  EXPECT_GT(n, 20);
  EXPECT_LT(n, 1000);
}

TEST(ServerMemory, Row33EachRefusedAllocationIsOneAnswer) {
  const auto api = ApiUnderTest::WithHashing();
  RefuseEach(api.get(), "/v1/embeddings", R"({"input":"some text )");
  RefuseEach(api.get(), "/embed", R"({"inputs":"another text )");
}

TEST(ServerMemory, Row33TheHealthCheckGoesOn) {
  std::atomic<int> minutes{0};  // So that each question needs a pass of its own.
  ApiOptions options;
  options.now = [&minutes] { return testing::kNow + std::chrono::minutes(minutes); };
  const auto api = ApiUnderTest::WithHashing(options);
  bool refused = true;
  for (int n = 0; refused && n < 1000; ++n) {
    ++minutes;
    AskRefused(&api->handler(), MakeRequest("GET", "/health"), n, &refused);
    EXPECT_EQ(api->Get("/health").status, 200) << n;
  }
}

}  // namespace
}  // namespace vetor
