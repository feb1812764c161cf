#include "server/http/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace vetor {
namespace {

/// Feeds `bytes` in pieces of `piece`, as a connection does; returns how many were used.
size_t FeedInPieces(std::string_view bytes, size_t piece, RequestParser* parser) {
  size_t used = 0;
  for (size_t end = piece;; end += piece) {
    end = std::min(end, bytes.size());
    // A head is used up alone; the body comes with the next call.
    for (size_t step = 1; step > 0 && parser->stage() != RequestParser::Stage::kDone;) {
      step = parser->Feed(bytes.substr(used, end - used));
      used += step;
    }
    const bool over = parser->stage() == RequestParser::Stage::kDone ||
                      parser->stage() == RequestParser::Stage::kRefused;
    if (over || end == bytes.size()) return used;
  }
}

TEST(RequestParserTest, PiecesOfAnySizeGiveTheSameRequest) {
  const std::string request =
      "\r\nPOST /a?b HTTP/1.1\r\nHost: x\r\nX-A: \t b c \r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n";
  for (size_t piece = 1; piece <= request.size(); ++piece) {
    RequestParser parser(RequestParser::Limits{});
    EXPECT_EQ(FeedInPieces(request + "GET", piece, &parser), request.size());
    ASSERT_EQ(parser.stage(), RequestParser::Stage::kDone);
    EXPECT_EQ(parser.head().method, "POST");
    EXPECT_EQ(parser.head().path, "/a");
    EXPECT_EQ(parser.head().query, "b");
    EXPECT_EQ(*parser.head().Find("x-a"), "b c");
    EXPECT_EQ(parser.body(), "hello");
  }
}

TEST(RequestParserTest, TheHeadCanBeLookedAtBeforeTheBody) {
  RequestParser parser(RequestParser::Limits{});
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
  EXPECT_EQ(parser.Feed(head + "abcdef"), head.size());
  EXPECT_EQ(parser.stage(), RequestParser::Stage::kBody);
  EXPECT_EQ(parser.Feed("abcdef"), 3u);
  EXPECT_EQ(parser.body(), "abc");
}

TEST(RequestParserTest, ABodyCanBeDropped) {
  RequestParser parser(RequestParser::Limits{});
  parser.Feed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n");
  parser.DropBody();
  EXPECT_EQ(parser.Feed("abc"), 3u);
  EXPECT_EQ(parser.stage(), RequestParser::Stage::kDone);
  EXPECT_EQ(parser.body(), "");
}

TEST(RequestParserTest, FieldsKeepTheirOrderAndTheirDuplicates) {
  RequestParser parser(RequestParser::Limits{});
  parser.Feed("GET / HTTP/1.1\r\nB: 1\r\nHost: x\r\na: 2\r\nB: 3\r\n\r\n");
  ASSERT_EQ(parser.stage(), RequestParser::Stage::kDone);
  ASSERT_EQ(parser.head().fields.size(), 4u);
  EXPECT_EQ(parser.head().fields[0].value, "1");
  EXPECT_EQ(parser.head().fields[3].name, "B");
}

TEST(RequestParserTest, Row10LimitsAreThoseGiven) {
  const RequestParser::Limits limits{
      .head_bytes = 100, .target_bytes = 20, .fields = 2, .body_bytes = 5};
  const auto status = [&](const std::string& bytes) {
    RequestParser parser(limits);
    FeedInPieces(bytes, 7, &parser);
    return parser.stage() == RequestParser::Stage::kRefused ? parser.refusal().status : 0;
  };
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"), 0);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n"), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(100, 'b')), 431);
  EXPECT_EQ(status("GET /" + std::string(20, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(status("GET /" + std::string(200, 'a')), 414);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"), 0);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n"), 413);
}

// The family of routes that the path belongs to has the form of the answer.
TEST(RequestParserTest, ARefusedHeadHasItsPathIfTheFirstLineCanBeRead) {
  const auto path = [](const std::string& rest) {
    RequestParser parser({.head_bytes = 200});
    FeedInPieces(rest, 7, &parser);
    EXPECT_EQ(parser.stage(), RequestParser::Stage::kRefused);
    return parser.head().path;
  };
  const std::string line = "POST /v1/embeddings?a HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(path(line + "Content-Length: -1\r\n\r\n"), "/v1/embeddings");
  EXPECT_EQ(path(line + "A: b\r\n c\r\n\r\n"), "/v1/embeddings") << "obs-fold";
  EXPECT_EQ(path(line + "A: b\nC: d\r\n\r\n"), "/v1/embeddings") << "LF alone";
  EXPECT_EQ(path(line + "A B: c\r\n\r\n"), "/v1/embeddings");
  EXPECT_EQ(path(line + "A: " + std::string(200, 'b')), "/v1/embeddings");
  EXPECT_EQ(path("POST /v1/%zz HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n"), "");
  EXPECT_EQ(path("nothing\n"), "");
}

}  // namespace
}  // namespace vetor
