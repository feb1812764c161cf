#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"
#include "tests/support/thread_limit.h"

namespace vetor::testing {
namespace {

using std::chrono::milliseconds;

TEST(FullServerTest, Row11TheOldestIdleConnectionMakesRoom) {
  ServedHandler served({.max_connections = 3});
  RawClient first(served.port());
  EXPECT_EQ(first.Ask(Get("/a"))->status, 200);
  RawClient second(served.port());
  EXPECT_EQ(second.Ask(Get("/a"))->status, 200);
  RawClient third(served.port());
  EXPECT_EQ(third.Ask(Get("/a"))->status, 200);
  EXPECT_EQ(first.Ask(Get("/a"))->status, 200);  // The second has been idle for longest now.
  RawClient fourth(served.port());
  EXPECT_EQ(fourth.Ask(Get("/a"))->status, 200);
  EXPECT_TRUE(second.AtEnd());
  EXPECT_EQ(first.Ask(Get("/a"))->status, 200);
  EXPECT_EQ(third.Ask(Get("/a"))->status, 200);
  EXPECT_EQ(served.counters().dropped_idle, 1u);
  EXPECT_EQ(served.counters().refused, 0u);
}

TEST(FullServerTest, Row11ABusyServerSaysThatItIsFull) {
  ServedHandler served({.max_connections = 2});
  std::vector<RawClient> busy;
  for (size_t i = 0; i < 2; ++i) {
    busy.emplace_back(served.port());
    busy.back().Send(Get("/hold"));
    served.handler.AwaitHeld(i + 1);
  }
  RawClient refused(served.port());
  const auto response = refused.Ask(Get("/a"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_TRUE(response->says_close());
  EXPECT_TRUE(refused.AtEnd());
  EXPECT_EQ(served.counters().refused, 1u);
  served.handler.Release();
  for (RawClient& client : busy) EXPECT_EQ(client.Receive()->body, "held");
  RawClient next(served.port());
  EXPECT_EQ(next.Ask(Get("/a"))->status, 200);
}

TEST(FullServerTest, Row11AHoardBeyondTheBoundIsClosedFromTheOldestOn) {
  ServedHandler served({.max_connections = 10});
  std::vector<RawClient> hoard;
  for (int i = 0; i < 50; ++i) hoard.emplace_back(served.port());
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
  EXPECT_TRUE(hoard.front().AtEnd());
  Until([&] { return served.counters().open_connections <= 10; });
}

TEST(FullServerTest, Row33TheBodiesOfAllRequestsTogetherAreBounded) {
  ServedHandler served({.budget = std::make_shared<ByteBudget>(1000)});
  RawClient first(served.port());
  first.Send(Post("/hold", std::string(800, 'x')));
  served.handler.AwaitHeld(1);
  RawClient second(served.port());
  EXPECT_EQ(second.Ask(Post("/a", std::string(800, 'x')))->status, 503);
  RawClient third(served.port());
  EXPECT_EQ(third.Ask(Post("/a", std::string(100, 'x')))->status, 200);
  served.handler.Release();
  EXPECT_EQ(first.Receive()->body, "held");
  EXPECT_EQ(third.Ask(Post("/a", std::string(800, 'x')))->status, 200);
}

/// Bodies that never end are large together, but leave room for small ones.
TEST(FullServerTest, Row33HalfSentBodiesKeepNoSmallOnesOut) {
  constexpr size_t kHalf = 300 << 10;
  ServedHandler served({.budget = std::make_shared<ByteBudget>(1 << 20)});
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
  std::vector<RawClient> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back(served.port());
    senders.back().Send(head + std::string(kHalf, 'x'));
  }
  // Three fit below 90 %; the fourth does not.
  Until([&] { return served.counters().refused_requests > 0; });
  EXPECT_EQ(served.counters().refused_requests, 1u);
  RawClient small(served.port());
  EXPECT_EQ(small.Ask(Post("/a", std::string(60 << 10, 'x')))->status, 200);
  EXPECT_EQ(small.Ask(Post("/a", std::string(200 << 10, 'x')))->status, 503);
}

/// No descriptor is left for this process while it lives, except `spare` ones.
class NoDescriptors {
 public:
  explicit NoDescriptors(int spare) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(next + spare);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(FullServerTest, Row35WithoutDescriptorsItPausesAndDoesNotSpin) {
  ServedHandler served;
  RawClient busy(served.port());
  busy.Send(Get("/hold"));
  served.handler.AwaitHeld(1);
  std::optional<RawClient> waits;
  {
    const NoDescriptors none(/*spare=*/1);
    waits.emplace(served.port());  // The system connects it; the server cannot take it.
    ASSERT_TRUE(waits->connected());
    waits->Send(Get("/a"));
    Until([&] { return served.counters().accept_pauses == 1; });
    for (int i = 0; i < 5; ++i) served.Pass(milliseconds(200));
    served.handler.Release();
    EXPECT_EQ(busy.Receive()->body, "held");
    // Each look at deadlines tries once more: 5 in each Pass, and one for the closed connection.
    EXPECT_LE(served.counters().accept_pauses, 30u);
    EXPECT_EQ(served.counters().accepted, 1u);
  }
  served.Pass(milliseconds(200));
  EXPECT_EQ(waits->Receive()->status, 200);
}

TEST(FullServerTest, Row35AnIdleConnectionGivesItsDescriptorAway) {
  ServedHandler served;
  RawClient idle(served.port());
  EXPECT_EQ(idle.Ask(Get("/a"))->status, 200);
  const NoDescriptors none(/*spare=*/1);
  RawClient next(served.port());
  ASSERT_TRUE(next.connected());
  EXPECT_EQ(next.Ask(Get("/a"))->status, 200);
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_EQ(served.counters().dropped_idle, 1u);
}

TEST(FullServerTest, Row35WithoutAThreadItDoesNotStart) {
  ScriptedHandler handler;
  const ThreadLimit none(0);
  const auto server = HttpServer::Listen({.port = 0}, &handler);
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.status().code(), StatusCode::kResourceExhausted);
}

TEST(FullServerTest, Row35FewerThreadsThanWantedServe) {
  ScriptedHandler handler;
  std::unique_ptr<HttpServer> server;
  {
    const ThreadLimit one(1);
    server = *HttpServer::Listen({.port = 0, .threads = 4}, &handler);
  }
  RawClient client(server->port());
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
}

}  // namespace
}  // namespace vetor::testing
