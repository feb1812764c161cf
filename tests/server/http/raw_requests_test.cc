// Requests as bytes, right and wrong, each to a server that has to go on: what it answers, whether
// it keeps the connection, and whether the next client is served.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"

namespace vetor::testing {
namespace {

constexpr uint64_t kMaxBody = 1000;

struct RawCase {
  std::string name;
  std::string bytes;
  int status = 400;
  bool kept = false;  // The connection serves another request afterwards.
};

std::string Head(std::string_view line, std::string_view fields = "") {
  return fmt::format("{}\r\nHost: localhost\r\n{}\r\n", line, fields);
}

std::string Chunked(std::string_view chunks, std::string_view fields = "") {
  return Head("POST /a HTTP/1.1", fmt::format("{}Transfer-Encoding: chunked\r\n", fields)) +
         std::string(chunks);
}

std::string Framed(std::string_view fields) { return Head("POST /a HTTP/1.1", fields) + "hello"; }

void RunCases(const std::vector<RawCase>& cases) {
  ServedHandler served({.max_body_bytes = kMaxBody});
  for (const RawCase& raw : cases) {
    SCOPED_TRACE(raw.name);
    RawClient client(served.port());
    client.Send(raw.bytes);
    const auto response = client.Receive(raw.bytes.starts_with("HEAD"));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, raw.status) << response->body;
    EXPECT_EQ(response->says_close(), !raw.kept);
    if (raw.kept) {
      const auto again = client.Ask(Get("/again"));
      ASSERT_TRUE(again);
      EXPECT_EQ(again->body, "GET /again\n");
    } else {
      EXPECT_TRUE(client.AtEnd());
    }
    RawClient next(served.port());
    const auto served_next = next.Ask(Get("/next"));
    ASSERT_TRUE(served_next);
    EXPECT_EQ(served_next->status, 200);
  }
  EXPECT_EQ(served.counters().failures, 0u);
}

TEST(RawRequestsTest, WhatIsRightIsAnswered) {
  RunCases({
      {"GET", Get("/a"), 200, true},
      {"query", Get("/a?b=c&d"), 200, true},
      {"percent", Get("/a%20b/%C3%A9"), 200, true},
      {"HEAD", Head("HEAD /a HTTP/1.1"), 200, true},
      {"OPTIONS", Head("OPTIONS /a HTTP/1.1"), 200, true},
      {"OPTIONS *", Head("OPTIONS * HTTP/1.1"), 204, true},
      {"unknown method", Head("BREW /a HTTP/1.1"), 200, true},
      {"absolute form", Head("GET http://localhost/a?b HTTP/1.1"), 200, true},
      {"absolute form without path", Head("GET http://localhost HTTP/1.1"), 200, true},
      {"body", Framed("Content-Length: 5\r\n"), 200, true},
      {"empty body", Head("POST /a HTTP/1.1", "Content-Length: 0\r\n"), 200, true},
      {"no length", Head("POST /a HTTP/1.1"), 200, true},
      {"GET with a body", Head("GET /a HTTP/1.1", "Content-Length: 2\r\n") + "ab", 200, true},
      {"identity", Framed("Content-Length: 5\r\nContent-Encoding: identity\r\n"), 200, true},
      {"chunks", Chunked("5\r\nhello\r\n0\r\n\r\n"), 200, true},
      {"capital Chunked", Head("POST /a HTTP/1.1", "Transfer-Encoding: Chunked\r\n") + "0\r\n\r\n",
       200, true},
      {"chunk extension", Chunked("5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n"), 200, true},
      {"trailer", Chunked("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), 200, true},
      {"empty lines before", "\r\n\r\n" + Get("/a"), 200, true},
      {"HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n", 200, false},
      {"HTTP/1.0 kept", "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 200, true},
      {"close", Head("GET /a HTTP/1.1", "Connection: foo, Close\r\n"), 200, false},
      {"refused by the handler", Post("/refused", std::string(500, 'x')), 401, true},
      {"refused by the handler, chunks",
       Head("POST /refused HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 401, false},
  });
}

TEST(RawRequestsTest, AnUpgradeToHttp2IsIgnoredAndItsBodyRead) {
  RunCases({
      {"h2c with a length",
       Framed("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
              "Content-Length: 5\r\n"),
       200, true},
      {"h2c with chunks",
       Chunked(
           "5\r\nhello\r\n0\r\n\r\n",
           "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
       200, true},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, false},
      {"HTTP/3", Head("GET /a HTTP/3.0"), 505, false},
      {"HTTP/1.2", Head("GET /a HTTP/1.2"), 505, false},
  });
}

TEST(RawRequestsTest, Row9WhatTwoServersWouldReadDifferentlyIsRefused) {
  RunCases({
      {"CL and TE", Framed("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {"TE and CL", Framed("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {"TE gzip", Framed("Transfer-Encoding: gzip\r\n")},
      {"TE gzip and CL", Framed("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n")},
      {"TE gzip, chunked", Framed("Transfer-Encoding: gzip, chunked\r\n")},
      {"TE chunked, chunked", Framed("Transfer-Encoding: chunked, chunked\r\n")},
      {"TE twice", Framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"TE xchunked", Framed("Transfer-Encoding: xchunked\r\n")},
      {"TE quoted", Framed("Transfer-Encoding: \"chunked\"\r\n")},
      {"TE vertical tab", Framed("Transfer-Encoding: \x0b"
                                 "chunked\r\n")},
      {"TE in HTTP/1.0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"space before the colon", Framed("Transfer-Encoding : chunked\r\n")},
      {"CL +43", Framed("Content-Length: +43\r\n")},
      {"CL -1", Framed("Content-Length: -1\r\n")},
      {"CL 0x5", Framed("Content-Length: 0x5\r\n")},
      {"CL 5, 5", Framed("Content-Length: 5, 5\r\n")},
      {"CL 5 5", Framed("Content-Length: 5 5\r\n")},
      {"CL empty", Framed("Content-Length:\r\n")},
      {"CL twice", Framed("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"CL twice, other", Framed("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"no Host", "GET /a HTTP/1.1\r\n\r\n"},
      {"two Hosts", Head("GET /a HTTP/1.1", "Host: localhost\r\n")},
      {"Host with a space", "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"Host with a path", "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"obs-fold", Head("GET /a HTTP/1.1", "X-A: b\r\n c\r\n")},
      {"obs-fold by tab", Head("GET /a HTTP/1.1", "X-A: b\r\n\tc\r\n")},
      {"first line folded", "GET /a HTTP/1.1\r\n Host: localhost\r\n\r\n"},
      {"bare LF", "GET /a HTTP/1.1\nHost: localhost\n\n"},
      {"bare LF at the end", "GET /a HTTP/1.1\r\nHost: localhost\r\n\n"},
      {"bare CR", Head("GET /a HTTP/1.1", "X-A: b\rc\r\n")},
      {"NUL in a value", Head("GET /a HTTP/1.1", std::string("X-A: b\0c\r\n", 10))},
      {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 36)},
      {"no name", Head("GET /a HTTP/1.1", ": a\r\n")},
      {"no colon", Head("GET /a HTTP/1.1", "abc\r\n")},
  });
}

TEST(RawRequestsTest, Row9BadChunksAreRefused) {
  RunCases({
      {"no size", Chunked("\r\nhello\r\n0\r\n\r\n")},
      {"size 0x5", Chunked("0x5\r\nhello\r\n0\r\n\r\n")},
      {"size +5", Chunked("+5\r\nhello\r\n0\r\n\r\n")},
      {"size -5", Chunked("-5\r\nhello\r\n0\r\n\r\n")},
      {"size with a space", Chunked("5 \r\nhello\r\n0\r\n\r\n")},
      {"size g", Chunked("g\r\nhello\r\n0\r\n\r\n")},
      {"size without CR", Chunked("5\nhello\r\n0\r\n\r\n")},
      {"size that overflows", Chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 413},
      {"many zeros", Chunked("00000000000000000005\r\nhello\r\n0\r\n\r\n")},
      {"longer than its size", Chunked("4\r\nhello\r\n0\r\n\r\n")},
      {"data without CR LF", Chunked("5\r\nhello0\r\n\r\n")},
      {"LF in an extension", Chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")},
      {"NUL in an extension", Chunked(std::string("5;\0\r\nhello\r\n0\r\n\r\n", 17))},
      {"trailer folded", Chunked("0\r\n X: a\r\n\r\n")},
      {"trailer without CR", Chunked("0\r\nX: a\n\r\n")},
  });
}

TEST(RawRequestsTest, Row10FloodsAreRefused) {
  std::string many;
  for (int i = 0; i < 300; ++i) many += fmt::format("X-{}: a\r\n", i);
  std::string trailers;
  for (int i = 0; i < 3000; ++i) trailers += fmt::format("X-{}: a\r\n", i);
  RunCases({
      {"a long line", Head("GET /a HTTP/1.1", "X-A: " + std::string(100'000, 'a') + "\r\n"), 431},
      {"many fields", Head("GET /a HTTP/1.1", many), 431},
      {"a long target", Get("/" + std::string(20'000, 'a')), 414},
      {"a target without end", "GET /" + std::string(100'000, 'a'), 414},
      {"an extension", Chunked("5;" + std::string(100'000, 'a') + "\r\n"), 431},
      {"trailers", Chunked("0\r\n" + trailers), 431},
  });
}

TEST(RawRequestsTest, WhatIsNotARequestIsRefused) {
  RunCases({
      {"garbage", "\x16\x03\x01\x02\x00\x01\xfc\x03\x03", 400},
      {"words", "hello\r\n\r\n"},
      {"HTTP/0.9", "GET /\r\n\r\n"},
      {"two spaces", Head("GET  /a HTTP/1.1")},
      {"lower-case version", Head("GET /a http/1.1")},
      {"no slash", Head("GET a HTTP/1.1")},
      {"asterisk with GET", Head("GET * HTTP/1.1")},
      {"fragment", Get("/a#b")},
      {"bad percent", Get("/a%2")},
      {"percent NUL", Get("/a%00b")},
      {"percent UTF-8", Get("/a%ff")},
      {"absolute form without host", Head("GET http:///a HTTP/1.1")},
      {"CONNECT", Head("CONNECT localhost:80 HTTP/1.1"), 501},
      {"gzip body", Framed("Content-Length: 5\r\nContent-Encoding: gzip\r\n"), 415},
      {"Expect", Framed("Content-Length: 5\r\nExpect: 200-ok\r\n"), 417},
  });
}

TEST(RawRequestsTest, Row6BodiesOverTheLimitAreRefused) {
  const std::string large(5000, 'x');
  RunCases({
      {"the limit", Post("/a", std::string(kMaxBody, 'x')), 200, true},
      {"by length", Post("/a", large), 413},
      {"by length, no body sent", Head("POST /a HTTP/1.1", "Content-Length: 1001\r\n"), 413},
      {"length that overflows", Framed("Content-Length: 99999999999999999999999\r\n"), 400},
      {"by one chunk", Chunked("1388\r\n" + large + "\r\n0\r\n\r\n"), 413},
      {"by several chunks",
       Chunked("1f4\r\n" + std::string(500, 'x') + "\r\n1f5\r\n" + std::string(501, 'x') + "\r\n"),
       413},
  });
}

TEST(RawRequestsTest, ClientsThatLeaveEarlyStopNobody) {
  ServedHandler served;
  for (const std::string& bytes :
       {std::string(), std::string("G"), std::string("GET /a HTTP/1.1\r\nHost: loc"),
        Head("POST /a HTTP/1.1", "Content-Length: 5\r\n") + "he", Chunked("5\r\nhe"),
        Get("/large")}) {
    RawClient leaves(served.port());
    leaves.Send(bytes);
    leaves.Close();
    RawClient breaks(served.port());
    breaks.Send(bytes);
    breaks.Break();
  }
  RawClient next(served.port());
  EXPECT_EQ(next.Ask(Get("/next"))->status, 200);
  next.Close();
  Until([&] { return served.counters().open_connections == 0; });
  EXPECT_EQ(served.counters().failures, 0u);
}

}  // namespace
}  // namespace vetor::testing
