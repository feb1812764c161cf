#include "server/http/chunked_body.h"

#include <gtest/gtest.h>

#include <string>

namespace vetor {
namespace {

TEST(ChunkedBodyTest, PiecesOfAnySizeGiveTheSameBody) {
  const std::string bytes = "5;a=b\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    ChunkedBody chunked(100);
    std::string body;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const std::string_view part = std::string_view(bytes).substr(at, piece);
      ASSERT_EQ(chunked.Feed(part, &body), part.size());
    }
    EXPECT_TRUE(chunked.done());
    EXPECT_FALSE(chunked.refusal());
    EXPECT_EQ(body, "hello 0123456789");
  }
}

TEST(ChunkedBodyTest, BytesBehindTheEndAreLeft) {
  ChunkedBody chunked(100);
  std::string body;
  EXPECT_EQ(chunked.Feed("0\r\n\r\nGET /", &body), 5u);
  EXPECT_TRUE(chunked.done());
  EXPECT_EQ(chunked.Feed("GET /", &body), 0u);
}

TEST(ChunkedBodyTest, TheLimitHoldsForAllChunksTogether) {
  ChunkedBody chunked(10);
  std::string body;
  chunked.Feed("a\r\n0123456789\r\n", &body);
  EXPECT_FALSE(chunked.refusal());
  chunked.Feed("1", &body);
  ASSERT_TRUE(chunked.refusal());
  EXPECT_EQ(chunked.refusal()->status, 413);
}

TEST(ChunkedBodyTest, Row10ExtensionsAreBoundedOverAllChunks) {
  ChunkedBody chunked(1 << 20);
  std::string body;
  const std::string chunk = "1;" + std::string(1000, 'e') + "\r\nx\r\n";
  int chunks = 0;
  while (!chunked.refusal()) {
    chunked.Feed(chunk, &body);
    ++chunks;
  }
  EXPECT_EQ(chunked.refusal()->status, 431);
  EXPECT_EQ(chunks, 17);
}

}  // namespace
}  // namespace vetor
