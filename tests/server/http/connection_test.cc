#include <gtest/gtest.h>

#include <string>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"

namespace vetor::testing {
namespace {

TEST(ConnectionTest, TheHandlerSeesPathQueryAndBody) {
  ServedHandler served;
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Post("/a%20b?c=%20", "text"))->body, "POST /a b?c=%20\ntext");
  EXPECT_EQ(client
                .Ask("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;e\r\nde\r\n0\r\nT: x\r\n\r\n")
                ->body,
            "POST /a\nabcde");
}

TEST(ConnectionTest, AnswersSayLengthAndDate) {
  ServedHandler served;
  RawClient client(served.port());
  const auto response = client.Ask(Get("/a"));
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(response->Field("content-length"), "7");
  EXPECT_TRUE(response->Field("date").ends_with(" GMT")) << response->head;
}

TEST(ConnectionTest, AHeadRequestIsAnsweredWithoutABody) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/b"));
  EXPECT_EQ(client.Receive(/*to_head=*/true)->Field("content-length"), "8");
  EXPECT_EQ(client.Receive()->body, "GET /b\n");
}

TEST(ConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send(Post("/hold", "1") + Post("/later", "2") + Get("/3"));
  served.handler.AwaitHeld(1);
  served.handler.Release();
  EXPECT_EQ(client.Receive()->body, "held");
  EXPECT_EQ(client.Receive()->body, "POST /later\n2");
  EXPECT_EQ(client.Receive()->body, "GET /3\n");
}

TEST(ConnectionTest, MorePipelinedBytesThanTheBufferHoldsAreReadWhenThereIsRoom) {
  ServedHandler served;
  RawClient client(served.port());
  std::string requests = Post("/hold", "");
  constexpr int kRequests = 100;
  for (int i = 0; i < kRequests; ++i) requests += Post("/a", std::string(2000, 'x'));
  client.Send(requests);
  served.handler.AwaitHeld(1);
  served.handler.Release();
  EXPECT_EQ(client.Receive()->body, "held");
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.Receive()->body.size(), 2008u) << i;
}

TEST(ConnectionTest, AContinueIsSentBeforeTheBody) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  const std::string expected = "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(client.Read(expected.size()), expected);
  EXPECT_EQ(client.Ask("ab")->body, "POST /a\nab");
}

TEST(ConnectionTest, ARefusedClientIsNotAskedForItsBody) {
  ServedHandler served;
  RawClient client(served.port());
  const auto response = client.Ask(
      "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401);
  EXPECT_TRUE(client.AtEnd());
}

TEST(ConnectionTest, Row6AClientThatStillSendsSeesTheRefusal) {
  ServedHandler served({.max_body_bytes = 1000});
  RawClient client(served.port());
  client.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
  EXPECT_TRUE(client.Send(std::string(8'000'000, 'x')));
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_TRUE(response->says_close());
}

TEST(ConnectionTest, Row12AClientThatLeavesStopsItsRequest) {
  ServedHandler served;
  for (const bool breaks : {false, true}) {
    RawClient client(served.port());
    client.Send(Post("/hold", "text"));
    served.handler.AwaitHeld(1);
    EXPECT_FALSE(served.handler.stop_requested());
    breaks ? client.Break() : client.Close();
    served.handler.AwaitStop();
    served.handler.Release();
  }
  EXPECT_EQ(served.counters().disconnects, 2u);
  RawClient next(served.port());
  EXPECT_EQ(next.Ask(Get("/a"))->status, 200);
}

// The connection has no room for more bytes, so that no read would tell of the break.
TEST(ConnectionTest, Row12ABreakBehindMoreRequestsThanTheBufferHoldsStopsTheRequest) {
  ServedHandler served;
  RawClient client(served.port());
  std::string requests = Post("/hold", "text");
  while (requests.size() < 300'000) requests += Get("/a");
  client.Send(requests);
  served.handler.AwaitHeld(1);
  client.Break();
  served.handler.AwaitStop();
  served.handler.Release();
  EXPECT_EQ(served.counters().disconnects, 1u);
}

TEST(ConnectionTest, TheNextRequestIsNotTakenForADisconnect) {
  ServedHandler served;
  RawClient client(served.port());
  const std::string bytes = Post("/hold", "text") + Get("/a");
  client.Send(bytes);
  served.handler.AwaitHeld(1);
  Until([&] { return served.counters().bytes_read == bytes.size(); });
  EXPECT_FALSE(served.handler.stop_requested());
  served.handler.Release();
  EXPECT_EQ(client.Receive()->body, "held");
  EXPECT_EQ(client.Receive()->body, "GET /a\n");
  EXPECT_EQ(served.counters().disconnects, 0u);
}

// RFC 9112, section 9.6. The interim answer finds out whether the client is still there.
TEST(ConnectionTest, AClientThatClosedItsSendingSideStillGetsItsAnswers) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send(Post("/hold", "text") + Get("/a"));
  client.EndSending();
  EXPECT_EQ(client.Receive()->status, 100);
  served.Settle();
  EXPECT_FALSE(served.handler.stop_requested());
  served.handler.Release();
  EXPECT_EQ(client.Receive()->body, "held");
  EXPECT_EQ(client.Receive()->body, "GET /a\n");
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(served.counters().disconnects, 0u);
}

// It knows no interim answers (RFC 9110, section 15.2).
TEST(ConnectionTest, AClientOfHttp10ThatClosedItsSendingSideGetsItsAnswerAlone) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send("GET /hold HTTP/1.0\r\nHost: x\r\n\r\n");
  client.EndSending();
  served.handler.AwaitHeld(1);
  served.Settle();
  EXPECT_FALSE(served.handler.stop_requested());
  served.handler.Release();
  EXPECT_EQ(client.Receive()->body, "held");
  EXPECT_TRUE(client.AtEnd());
}

TEST(ConnectionTest, Row12AClientThatLeavesAfterClosingItsSendingSideStopsItsRequest) {
  ServedHandler served;
  RawClient client(served.port());
  client.Send(Post("/hold", "text"));
  client.EndSending();
  served.handler.AwaitHeld(1);
  Until([&] { return served.counters().bytes_written > 0; });
  client.Close();
  served.handler.AwaitStop();
  served.handler.Release();
  EXPECT_EQ(served.counters().disconnects, 1u);
}

TEST(ConnectionTest, AnAnswerThatComesAfterTheServerEndedIsDropped) {
  ScriptedHandler handler;
  {
    ManualClock clock;
    HttpServerOptions options{.port = 0, .clock = &clock};
    auto server = *HttpServer::Listen(options, &handler);
    RawClient client(server->port());
    client.Send(Get("/hold"));
    handler.AwaitHeld(1);
    server.reset();
    EXPECT_TRUE(client.AtEnd());
    EXPECT_TRUE(handler.stop_requested());
  }
  handler.Release();
}

TEST(ConnectionTest, ARequestThatTheHandlerForgetsIsAnswered500) {
  ServedHandler served;
  RawClient client(served.port());
  EXPECT_EQ(client.Ask(Get("/dropped"))->status, 500);
}

TEST(ConnectionTest, Row36AFieldOfAnAnswerCannotBeginAnother) {
  ServedHandler served;
  RawClient client(served.port());
  const auto response = client.Ask(Get("/fields"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->Field("x-trace"), "a  X-Evil: 1");
  EXPECT_EQ(response->Field("x-evil"), "");
  EXPECT_EQ(response->Field("content-length"), "0");
}

TEST(ConnectionTest, SeveralThreadsServeConnections) {
  ServedHandler served({.threads = 3});
  for (int i = 0; i < 9; ++i) {
    RawClient client(served.port());
    EXPECT_EQ(client.Ask(Post("/later", "a"))->body, "POST /later\na");
    EXPECT_EQ(client.Ask(Get("/b"))->body, "GET /b\n");
  }
  EXPECT_EQ(served.counters().accepted, 9u);
}

}  // namespace
}  // namespace vetor::testing
