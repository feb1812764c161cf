#include "server/http/head_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vetor {
namespace {

HttpRequestHead HeadOf(std::vector<HttpField> fields, std::string method = "POST") {
  HttpRequestHead head;
  head.method = std::move(method);
  head.fields = std::move(fields);
  return head;
}

TEST(HeadRulesTest, TheEndOfAHeadIsFoundInPiecesOfAnySize) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  HeadScan scan;
  for (size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(FindHeadEnd(std::string_view(head).substr(0, size), &scan), 0u);
    EXPECT_FALSE(scan.refusal);
  }
  EXPECT_EQ(FindHeadEnd(head, &scan), head.size());
}

TEST(HeadRulesTest, WhatCannotBecomeAHeadIsRefusedAtItsFirstWrongByte) {
  for (const std::string bytes :
       {"GET / HTTP/1.1\n", "GET /\x01", "\x16\x03", "A\rB", "A\r\n ", "A\r\n\t", "A\r\r"}) {
    HeadScan scan;
    EXPECT_EQ(FindHeadEnd(bytes, &scan), 0u);
    ASSERT_TRUE(scan.refusal) << bytes;
    EXPECT_EQ(scan.refusal->status, 400);
    HeadScan before;
    FindHeadEnd(bytes.substr(0, bytes.size() - 1), &before);
    if (bytes[0] != '\x16') {
      EXPECT_FALSE(before.refusal) << bytes;
    }
  }
}

TEST(HeadRulesTest, ATargetIsSplitAndDecoded) {
  HttpRequestHead head = HeadOf({{"Host", "a"}});
  EXPECT_FALSE(ReadTarget("/v1/%65mb?x=%20&y", &head));
  EXPECT_EQ(head.path, "/v1/emb");
  EXPECT_EQ(head.query, "x=%20&y");
}

TEST(HeadRulesTest, TheHostOfAnAbsoluteTargetReplacesTheField) {
  HttpRequestHead head = HeadOf({{"host", "evil"}});
  EXPECT_FALSE(ReadTarget("HTTP://localhost:80?q", &head));
  EXPECT_EQ(*head.Find("Host"), "localhost:80");
  head = HeadOf({{"host", "evil"}});
  EXPECT_FALSE(ReadTarget("http://localhost/a?q", &head));
  EXPECT_EQ(head.path, "/a");
  EXPECT_EQ(head.query, "q");
}

TEST(HeadRulesTest, APortHasDigitsOnly) {
  RequestFraming framing;
  for (const char* host : {"a:80", "a:", "[::1]:80", "[::1]", "127.0.0.1"}) {
    EXPECT_FALSE(ReadFraming(HeadOf({{"Host", host}}), 11, &framing)) << host;
  }
  for (const char* host : {"localhost:x.evil", "[::1]:80.evil", "a:80:b"}) {
    EXPECT_TRUE(ReadFraming(HeadOf({{"Host", host}}), 11, &framing)) << host;
  }
}

TEST(HeadRulesTest, FramingSaysWhereTheBodyEndsAndWhetherTheConnectionStays) {
  RequestFraming framing;
  EXPECT_FALSE(ReadFraming(HeadOf({{"Host", "a"}, {"Content-Length", "12"}}), 11, &framing));
  EXPECT_EQ(framing.content_length, 12u);
  EXPECT_TRUE(framing.keep_alive);
  framing = {};
  EXPECT_FALSE(ReadFraming(
      HeadOf({{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Expect", "100-Continue"}}), 11,
      &framing));
  EXPECT_TRUE(framing.chunked);
  EXPECT_TRUE(framing.expects_continue);
  framing = {};
  EXPECT_FALSE(ReadFraming(HeadOf({{"Connection", "x,\tclose"}, {"Host", ""}}), 11, &framing));
  EXPECT_FALSE(framing.keep_alive);
  framing = {};
  EXPECT_FALSE(ReadFraming(HeadOf({{"Expect", "100-continue"}}), 10, &framing));
  EXPECT_FALSE(framing.keep_alive);
  EXPECT_FALSE(framing.expects_continue);
}

}  // namespace
}  // namespace vetor
