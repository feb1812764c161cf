#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vetor {
namespace {

using ::testing::HasSubstr;

TEST(JsonTest, ErrorsNameFileLineAndColumn) {
  const auto result = ParseJson("{\n  \"a\": 1,\n  oops\n}", "config.json");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(result.status().message(),
              HasSubstr("config.json: not valid JSON at line 3, column 3"));
}

TEST(JsonTest, DuplicateKeysAreRefusedByNameAtAnyLevel) {
  EXPECT_THAT(ParseJson(R"({"a":1,"b":{"x":1,"\u0078":2}})", "f").status().message(),
              HasSubstr("key \"x\" occurs twice"));
  EXPECT_TRUE(ParseJson(R"({"a":{"x":1},"b":{"x":2},"c":[{"x":1},{"x":1}]})", "f").ok());
}

TEST(JsonTest, StrictAboutWhatFollowsAndWhatIsInside) {
  for (const char* text : {"", " ", "{} x", "[1,]", "{\"a\":1,}", "NaN", "[01]", "'a'", "// c\n{}",
                           "\"\xFF\"", "\"\\ud800\"", "\"a\nb\""}) {
    EXPECT_EQ(ParseJson(text, "f").status().code(), StatusCode::kInvalidArgument) << text;
  }
  EXPECT_TRUE(ParseJson("{}\n", "f").ok());
}

TEST(JsonTest, DepthIsBounded) {
  const std::string deep(1000000, '[');
  const auto result = ParseJson(deep, "f");
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.status().message(), HasSubstr("more than 64 levels"));
}

}  // namespace
}  // namespace vetor
