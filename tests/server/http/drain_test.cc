#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"

namespace vetor::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(DrainTest, Row15ARequestUnderWayIsAnsweredAndItsConnectionClosed) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send(Get("/hold"));
  served.handler.AwaitHeld(1);
  served.server->BeginDrain(seconds(30));
  Until([&] { return !RawClient(served.port()).connected(); });
  served.Pass(seconds(20));
  EXPECT_FALSE(served.handler.stop_requested());
  served.handler.Release();
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "held");
  EXPECT_TRUE(response->says_close());
  EXPECT_TRUE(client.AtEnd());
  client.Close();
  served.server->AwaitEnd();
}

TEST(DrainTest, Row15AfterItsTimeRequestsAreToldToStopAndThenClosed) {
  ServedHandler served;
  RawClient answered(served.port());
  answered.Send(Get("/hold"));
  served.handler.AwaitHeld(1);
  served.server->BeginDrain(seconds(30));
  served.Pass(seconds(30));
  served.handler.AwaitStop();
  served.handler.Release();
  EXPECT_EQ(answered.Receive()->body, "held");
  answered.Close();
  served.server->AwaitEnd();

  // Without time the requests are told at once, and their answers are written.
  ServedHandler hurried;
  RawClient told(hurried.port());
  told.Send(Get("/hold"));
  hurried.handler.AwaitHeld(1);
  hurried.server->BeginDrain(seconds(0));
  hurried.handler.AwaitStop();
  hurried.handler.Release();
  EXPECT_EQ(told.Receive()->body, "held");
  told.Close();
  hurried.server->AwaitEnd();

  ServedHandler stuck;
  RawClient client(stuck.port());
  client.Send(Get("/hold"));
  stuck.handler.AwaitHeld(1);
  stuck.server->BeginDrain(seconds(30));
  stuck.Pass(seconds(31));
  stuck.server->AwaitEnd();
  EXPECT_TRUE(client.AtEnd());
}

TEST(DrainTest, Row15AnIdleConnectionIsServedOnceMoreOrClosed) {
  ServedHandler served;
  RawClient asks(served.port());
  EXPECT_EQ(asks.Ask(Get("/a"))->status, 200);
  RawClient idle(served.port());
  EXPECT_EQ(idle.Ask(Get("/a"))->status, 200);
  served.server->BeginDrain(seconds(30));
  Until([&] { return !RawClient(served.port()).connected(); });
  const auto response = asks.Ask(Get("/b"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "GET /b\n");
  EXPECT_TRUE(response->says_close());
  asks.Close();
  served.Pass(milliseconds(500));
  EXPECT_TRUE(idle.AtEnd());
  served.server->AwaitEnd();
}

/// Asks on kept connections until the server says that it closes or takes no more.
struct Load {
  std::atomic<int> answered{0};
  std::atomic<int> unanswered{0};

  void Run(uint16_t port) {
    while (true) {
      RawClient client(port);
      if (!client.connected()) return;
      while (true) {
        const auto response = client.Ask(Post("/later", "text"));
        if (!response) {
          ++unanswered;
          return;
        }
        ++answered;
        if (response->says_close()) break;
      }
    }
  }
};

TEST(DrainTest, Row15UnderLoadEveryRequestIsAnswered) {
  ScriptedHandler handler;
  auto server = *HttpServer::Listen({.port = 0}, &handler);
  Load load;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&load, port = server->port()] { load.Run(port); });
  }
  Until([&] { return load.answered > 200; });
  server->Drain(seconds(30));
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(load.unanswered, 0);
  EXPECT_EQ(server->counters().open_connections, 0u);
  EXPECT_EQ(server->counters().requests, static_cast<uint64_t>(load.answered));
}

}  // namespace
}  // namespace vetor::testing
