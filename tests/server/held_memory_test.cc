// Clients that ask for large answers and read nothing, with sockets: what they hold together has a
// bound, and others are served.
#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/server/http/raw_client.h"
#include "vetor/server.h"

namespace vetor {
namespace {

using testing::RawClient;
using testing::RawResponse;

constexpr int kHeldMegabytes = 32;
constexpr uint64_t kMiB = 1 << 20;

// A server of hashing whose requests hold at most kHeldMegabytes.
class BoundedServer {
 public:
  BoundedServer() {
    ServerConfig config;
    config.port = 0;
    config.max_body_mb = 1;
    config.max_held_mb = kHeldMegabytes;
    ServedModel model{.name = "hash", .config = {}};
    model.config.cache.enabled = false;
    server_ = EmbeddingsServer::Bind(config, {model}).value();
    runs_ = std::async(std::launch::async, [this] {
      return server_->Run(stop_.get_token(),
                          [this](const std::vector<ServedModelInfo>&) { ready_.set_value(); });
    });
    ready_.get_future().wait();
  }
  ~BoundedServer() {
    stop_.request_stop();
    runs_.wait();
  }
  BoundedServer(const BoundedServer&) = delete;
  BoundedServer& operator=(const BoundedServer&) = delete;

  uint16_t port() const { return server_->port(); }

  // The value of a line of /metrics; 0 if it is not there.
  uint64_t Metric(const std::string& sample) const {
    RawClient client(port());
    const std::string body = client.Ask(testing::Get("/metrics")).value_or(RawResponse()).body;
    const size_t at = body.find("\n" + sample + " ");
    return at == std::string::npos ? 0 : std::stoull(body.substr(at + sample.size() + 2));
  }
  uint64_t Answered(int code) const {
    return Metric(R"(vetor_requests_total{route="/v1/embeddings",code=")" + std::to_string(code) +
                  R"("})");
  }

 private:
  std::unique_ptr<EmbeddingsServer> server_;
  std::stop_source stop_;
  std::promise<void> ready_;
  std::future<Status> runs_;
};

// The answer has 8 MB, far more than sockets take.
std::string LargeRequest() {
  std::string body = R"({"encoding_format":"base64","input":["")";
  for (int i = 1; i < 6000; ++i) body += ",\"" + std::to_string(i) + '"';
  return testing::Post("/v1/embeddings", body + "]}");
}

void AwaitAnswers(const BoundedServer& server, uint64_t count) {
  while (server.Answered(200) + server.Answered(429) < count) std::this_thread::yield();
}

TEST(HeldMemoryTest, Row13ClientsThatReadNothingHoldNoMoreThanTheBound) {
  const BoundedServer server;
  constexpr int kClients = 8;
  std::vector<RawClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(server.port());
    ASSERT_TRUE(clients.back().Send(LargeRequest()));
    AwaitAnswers(server, static_cast<uint64_t>(i) + 1);
    EXPECT_LE(server.Metric("vetor_held_bytes"), kHeldMegabytes * kMiB);
  }
  EXPECT_GE(server.Metric("vetor_held_bytes"), 8 * kMiB);
  const uint64_t accepted = server.Answered(200);
  EXPECT_GE(accepted, 1U);
  EXPECT_LE(accepted, 4U);
  EXPECT_EQ(server.Metric("vetor_held_refusals_total"), kClients - accepted);
  // A small request finds room.
  RawClient small(server.port());
  EXPECT_EQ(small.Ask(testing::Post("/v1/embeddings", R"({"input":"Monza"})"))->status, 200);
  // Those who were let in get all of their answers, the others a refusal that says when to retry.
  uint64_t whole = 0;
  for (RawClient& client : clients) {
    const RawResponse answer = client.Receive().value_or(RawResponse());
    if (answer.status == 200) {
      whole += answer.body.size() > 8'000'000 ? 1 : 0;
    } else {
      EXPECT_EQ(answer.status, 429);
      EXPECT_EQ(answer.Field("retry-after-ms"), "1000");
      EXPECT_NE(answer.body.find("ai.server.max_held_mb"), std::string::npos) << answer.body;
    }
  }
  EXPECT_EQ(whole, accepted);
  while (server.Metric("vetor_held_bytes") > 0) std::this_thread::yield();
}

TEST(HeldMemoryTest, Row13WhatAClientHeldIsFreeWhenItsConnectionEnds) {
  const BoundedServer server;
  {
    RawClient gone(server.port());
    ASSERT_TRUE(gone.Send(LargeRequest()));
    AwaitAnswers(server, 1);
    EXPECT_GE(server.Metric("vetor_held_bytes"), 8 * kMiB);
    gone.Break();
  }
  while (server.Metric("vetor_held_bytes") > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace vetor
