#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vetor/benchmark.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

TEST(ScoredPairs, QuotesCommasAndLineBreaks) {
  const auto pairs = ParseScoredPairs(
      "\xEF\xBB\xBFsentence1,sentence2,score\r\n"
      "plain,\"with, comma\",2.5\r\n"
      "\"a \"\"quoted\"\" word\",\"two\nlines\",0\n"
      "\nlast,without end of line,5");
  ASSERT_TRUE(pairs.ok()) << pairs.status().ToString();
  ASSERT_EQ(pairs->size(), 3U);
  EXPECT_EQ((*pairs)[0].second, "with, comma");
  EXPECT_EQ((*pairs)[0].score, 2.5);
  EXPECT_EQ((*pairs)[1].first, "a \"quoted\" word");
  EXPECT_EQ((*pairs)[1].second, "two\nlines");
  EXPECT_EQ((*pairs)[2].score, 5);
}

TEST(ScoredPairs, FaultsNameTheLine) {
  EXPECT_THAT(ParseScoredPairs("a,b,1\nc,d\n").status().message(),
              HasSubstr("line 2: 2 fields, expected 3"));
  EXPECT_THAT(ParseScoredPairs("a,b,1\nc,d,high\n").status().message(),
              HasSubstr("line 2: the score is \"high\", not a number"));
  EXPECT_THAT(ParseScoredPairs("a,b,1\n\"c,d,2\n").status().message(),
              HasSubstr("line 2: a quote is not closed"));
  EXPECT_THAT(ParseScoredPairs("first,second,score\n").status().message(),
              HasSubstr("fewer than two pairs"));
}

}  // namespace
}  // namespace vetor
