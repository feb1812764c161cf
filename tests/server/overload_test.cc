// More work and more memory than the server takes, over sockets: the bounds hold in counts, and in
// the memory of the process.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "os/cpu.h"
#include "os/machine.h"
#include "server/http/byte_budget.h"
#include "server/http/http_server.h"
#include "tests/server/api/api_under_test.h"
#include "tests/server/http/raw_client.h"
#include "tests/support/under_sanitizer.h"

namespace vetor {
namespace {

using testing::RawClient;
using testing::RawResponse;

constexpr uint64_t kMebibyte = 1 << 20;

// Hashing with one worker behind sockets.
class Served {
 public:
  Served(uint64_t held_bytes, int queue_tokens)
      : budget(std::make_shared<ByteBudget>(held_bytes)), models_({"hash"}) {
    models_.Put(0, testing::OpenForServing(testing::HashingConfig()));
    ApiOptions options;
    options.config.queue_tokens = queue_tokens;
    options.budget = budget;
    // Stands still, so that no rate is learned: the queue's bound is that of its tokens alone.
    options.now = [] { return std::chrono::steady_clock::time_point(); };
    handler_ = std::make_unique<ApiHandler>(options, &models_);
    http_ = HttpServer::Listen({.port = 0, .budget = budget}, handler_.get()).value();
  }

  uint16_t port() const { return http_->port(); }
  EmbeddingsService& service() { return models_.Opened().front()->service(); }
  HttpServerCounters counters() const { return http_->counters(); }
  // The value of a line of /metrics.
  uint64_t Metric(const std::string& name) const {
    const std::string text = RawClient(port()).Ask(testing::Get("/metrics")).value().body;
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }

  const std::shared_ptr<ByteBudget> budget;

 private:
  ModelTable models_;
  std::unique_ptr<ApiHandler> handler_;
  std::unique_ptr<HttpServer> http_;
};

// Of the process, from when it was made.
class GrownMemory {
 public:
  GrownMemory() {
    ReleaseFreeMemory();
    ResetPeakMemory();
    before_ = ReadMemoryUse().resident_bytes;
  }
  uint64_t peak() const {
    return testing::kUnderSanitizer ? 0 : ReadMemoryUse().peak_resident_bytes - before_;
  }

 private:
  uint64_t before_ = 0;
};

std::string OfText(const std::string& text) {
  return testing::Post("/v1/embeddings", R"({"input":")" + text + R"("})");
}

// Each request has a text of 1 MiB. Without bounds, all of them together would take three times as
// many bytes: read, and copied for the worker.
TEST(OverloadTest, Row13OverloadTakesNoMoreMemoryThanItsBounds) {
  constexpr uint64_t kHeldBytes = 64 * kMebibyte;
  constexpr int kQueueTokens = 2'000'000;  // Room for seven.
  constexpr int kClients = 48;
  // A text of the queue has four bytes per token, and eight more for each id.
  constexpr uint64_t kQueueBytes = uint64_t{12} * kQueueTokens;
  Served served(kHeldBytes, kQueueTokens);
  ASSERT_EQ(RawClient(served.port()).Ask(OfText("Monza"))->status, 200);
  testing::HeldWorker held(&served.service());
  const GrownMemory grown;
  std::vector<RawClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(served.port());
    ASSERT_TRUE(clients.back().Send(OfText(std::to_string(i) + std::string(kMebibyte, 'a'))));
  }
  // Refusals do not wait for the worker.
  while (served.Metric("vetor_refused_requests_total") < kClients - 7) std::this_thread::yield();
  EXPECT_EQ(served.Metric("vetor_queue_requests"), 7U);
  EXPECT_LE(served.budget->held(), kHeldBytes);
  EXPECT_LT(grown.peak(), kHeldBytes + kQueueBytes);
  held.Release();
  std::map<int, int> statuses;
  for (RawClient& client : clients) {
    const RawResponse answer = client.Receive().value_or(RawResponse());
    ++statuses[answer.status];
    if (answer.status == 429) {
      EXPECT_EQ(answer.Field("retry-after-ms"), "1000");
    }
  }
  EXPECT_EQ(statuses, (std::map<int, int>{{200, 7}, {429, kClients - 7}}));
  EXPECT_LT(grown.peak(), kHeldBytes + kQueueBytes);
  while (served.budget->held() > 0) std::this_thread::yield();
}

// Sixty clients stop in the middle of a body of 1 MB, 54 MB together.
TEST(OverloadTest, Row33From90PercentOfItsMemoryOnOnlySmallRequestsAreTaken) {
  constexpr uint64_t kHeldBytes = 8 * kMebibyte;
  constexpr uint64_t kSent = 900'000;
  constexpr uint64_t kRoomFor = kHeldBytes * 9 / 10 / kSent;
  Served served(kHeldBytes, 1'000'000);
  ASSERT_EQ(RawClient(served.port()).Ask(OfText("Monza"))->status, 200);
  const GrownMemory grown;
  std::vector<RawClient> senders;
  for (int i = 0; i < 60; ++i) {
    senders.emplace_back(served.port());
    senders.back().Send(
        "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" +
        std::string(kSent, ' '));
  }
  while (served.counters().refused_requests < 60 - kRoomFor) std::this_thread::yield();
  EXPECT_EQ(served.counters().refused_requests, 60 - kRoomFor);
  EXPECT_LE(served.Metric("vetor_held_bytes"), kHeldBytes * 9 / 10);

  const RawResponse large = RawClient(served.port()).Ask(OfText(std::string(500'000, 'a'))).value();
  EXPECT_EQ(large.status, 503);
  EXPECT_EQ(large.Field("retry-after"), "1");
  std::string many = R"({"input":["")";
  for (int i = 1; i < 1000; ++i) many += R"(,"")";
  const RawResponse large_answer =
      RawClient(served.port()).Ask(testing::Post("/v1/embeddings", many + "]}")).value();
  EXPECT_EQ(large_answer.status, 429);
  EXPECT_EQ(large_answer.Field("retry-after"), "1");
  EXPECT_EQ(RawClient(served.port()).Ask(OfText("a small one"))->status, 200);
  // What they hold, twice more for the buffers that they grew out of, and 64 KiB per connection.
  EXPECT_LT(grown.peak(), 3 * kHeldBytes + 60 * (64U << 10));

  senders.clear();
  while (served.budget->held() > 0) std::this_thread::yield();
  EXPECT_EQ(RawClient(served.port()).Ask(OfText(std::string(500'000, 'a')))->status, 200);
}

}  // namespace
}  // namespace vetor
