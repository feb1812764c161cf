#include "server/http/response_head.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

TEST(ResponseHeadTest, DatesHaveTheFormOfHttp) {
  EXPECT_EQ(FormatHttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(FormatHttpDate(1'795'989'600), "Sun, 29 Nov 2026 22:00:00 GMT");
}

TEST(ResponseHeadTest, TheConnectionSaysWhereAnAnswerEnds) {
  const HttpResponse response{
      .status = 404, .fields = {{"A", "b"}, {"transfer-encoding", "chunked"}}, .body = "none"};
  EXPECT_EQ(FormatResponseHead(response, {.keep_alive = false, .date = "D"}),
            "HTTP/1.1 404 Not Found\r\nDate: D\r\nA: b\r\nContent-Length: 4\r\n"
            "Connection: close\r\n\r\n");
}

TEST(ResponseHeadTest, AnswersWithoutABodyHaveNoLength) {
  EXPECT_EQ(FormatResponseHead({.status = 204}, {.http_1_0 = true, .date = "D"}),
            "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: keep-alive\r\n\r\n");
}

}  // namespace
}  // namespace vetor
