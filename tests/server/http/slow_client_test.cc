#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"

namespace vetor::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Sends and returns when the server has read it and set its deadline.
void SendAndAwait(std::string_view bytes, RawClient* client, ServedHandler* served) {
  const uint64_t before = served->counters().bytes_read;
  client->Send(bytes);
  Until([&] { return served->counters().bytes_read == before + bytes.size(); });
  served->Settle();
}

TEST(SlowClientTest, Row11AHeadThatDripsIsEndedByATotalDeadline) {
  ServedHandler served({.header_timeout = seconds(10)});
  RawClient client(served.port());
  SendAndAwait("GET /a HTTP/1.1\r\n", &client, &served);
  served.Pass(seconds(6));
  SendAndAwait("Host: x\r\n", &client, &served);
  EXPECT_EQ(served.counters().timeouts, 0u);
  served.Pass(seconds(6));
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_TRUE(response->says_close());
  EXPECT_TRUE(client.AtEnd());
}

TEST(SlowClientTest, Row11ASecondHeadHasADeadlineToo) {
  ServedHandler served({.header_timeout = seconds(10)});
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
  served.Pass(seconds(60));  // Idle is something else.
  SendAndAwait("GET /a HTT", &client, &served);
  served.Pass(seconds(9));
  SendAndAwait("P/1.1\r\n", &client, &served);
  served.Pass(seconds(1));
  EXPECT_EQ(client.Receive()->status, 408);
}

TEST(SlowClientTest, Row11ABodyThatDripsIsEndedByATotalDeadline) {
  ServedHandler served({.body_timeout = seconds(60)});
  for (const std::string_view head :
       {"Content-Length: 10\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    RawClient client(served.port());
    SendAndAwait("POST /a HTTP/1.1\r\nHost: x\r\n" + std::string(head), &client, &served);
    served.Pass(seconds(40));
    SendAndAwait("c", &client, &served);
    served.Pass(seconds(20));
    EXPECT_EQ(client.Receive()->status, 408);
    EXPECT_TRUE(client.AtEnd());
  }
}

TEST(SlowClientTest, Row11AClientThatSaysNothingIsClosed) {
  ServedHandler served({.header_timeout = seconds(10)});
  RawClient client(served.port());
  Until([&] { return served.counters().open_connections == 1; });
  served.Pass(seconds(10));
  EXPECT_TRUE(client.AtEnd());
}

TEST(SlowClientTest, AnIdleConnectionIsClosedAfterItsTime) {
  ServedHandler served({.idle_timeout = minutes(10)});
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
  served.Pass(minutes(9));
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
  served.Pass(minutes(10));
  EXPECT_TRUE(client.AtEnd());
}

TEST(SlowClientTest, ARequestThatTakesLongToAnswerHasNoDeadlineHere) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send(Get("/hold"));
  served.handler.AwaitHeld(1);
  served.Pass(minutes(60));
  served.handler.Release();
  EXPECT_EQ(client.Receive()->body, "held");
}

TEST(SlowClientTest, Row11AReaderThatDoesNotReadStopsNobodyAndIsClosed) {
  ServedHandler served;
  RawClient reader(served.port());
  reader.Send(Get("/large"));
  {
    RawClient other(served.port());
    EXPECT_EQ(other.Ask(Get("/a"))->status, 200);
  }
  // All of it may take 1054 s, but no part of it more than 30 s.
  seconds passed(0);
  Until([&] {
    served.Pass(seconds(30));
    passed += seconds(30);
    return served.counters().open_connections == 0;
  });
  EXPECT_LE(passed, seconds(300));
  EXPECT_GE(served.counters().timeouts, 1u);
  EXPECT_FALSE(reader.Receive());
}

TEST(SlowClientTest, Row11AReaderThatGoesOnReadingIsKept) {
  ServedHandler served;
  RawClient reader(served.port());
  reader.Send(Get("/large"));
  // So much per step that the system's buffers let the server write more each time.
  constexpr size_t kStep = 5 << 20;
  for (int i = 0; i < 8; ++i) {
    const uint64_t before = served.counters().bytes_written;
    ASSERT_EQ(reader.Read(kStep).size(), kStep) << i;
    Until([&] { return served.counters().bytes_written > before; });
    served.Pass(seconds(25));
  }
  EXPECT_EQ(served.counters().timeouts, 0u);
  Until([&] {
    served.Pass(seconds(30));
    return served.counters().open_connections == 0;
  });
  EXPECT_EQ(served.counters().timeouts, 1u);
  EXPECT_FALSE(reader.Receive());
}

TEST(SlowClientTest, ALargeAnswerIsReadWhole) {
  ServedHandler served;
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Get("/large"))->body.size(), 64u << 20);
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
}

TEST(SlowClientTest, AClientThatNeverClosesAfterARefusalIsClosed) {
  ServedHandler served({.linger_timeout = seconds(5)});
  RawClient client(served.port());
  EXPECT_EQ(client.Ask("nonsense\r\n\r\n")->status, 400);
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(served.counters().open_connections, 1u);
  Until([&] {
    served.Pass(seconds(5));
    return served.counters().open_connections == 0;
  });
}

TEST(SlowClientTest, Row11ThreeHundredHalfOpenConnectionsStopNobody) {
  ServedHandler served;
  std::vector<RawClient> hoard;
  for (int i = 0; i < 300; ++i) {
    hoard.emplace_back(served.port());
    ASSERT_TRUE(hoard.back().connected());
    if (i % 3 == 1) hoard.back().Send("GET /a HTTP/1.1\r\nHo");
    if (i % 3 == 2) {
      hoard.back().Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    }
  }
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Get("/a"))->status, 200);
  client.Close();
  Until([&] { return served.counters().accepted == 301; });
  served.Pass(seconds(60));
  for (RawClient& one : hoard) one.Close();
  Until([&] { return served.counters().open_connections == 0; });
}

}  // namespace
}  // namespace vetor::testing
