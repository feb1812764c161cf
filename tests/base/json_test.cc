#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(JsonTest, ErrorsNameFileLineAndColumn) {
  const auto result = ParseJson("{\n  \"a\": 1,\n  oops\n}", "config.json");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(result.status().message(),
              HasSubstr("config.json: not valid JSON at line 3, column 3"));
}

// The message for a text file was "syntax error" and nothing else.
TEST(JsonTest, ASyntaxErrorSaysWhatStandsThereAndWhatToDo) {
  const auto message = [](const char* text) { return ParseJson(text, "f").status().message(); };
  EXPECT_EQ(message("\n vetor\n"),
            "f: not valid JSON at line 2, column 2: syntax error, found 'v', expected JSON, which "
            "begins with { or [");
  EXPECT_THAT(message("{\"a\":1, # one\n}"), HasSubstr("found '#'; JSON has no comments"));
  EXPECT_THAT(message("{'a':1}"), HasSubstr("names and texts stand in double quotes"));
  EXPECT_THAT(message("[1,]"), HasSubstr("found ']' after a comma; take the comma away"));
  EXPECT_THAT(message("{\"a\":oops}"), HasSubstr("found 'o'"));
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

// The message was "syntax error", without a word about the escape or its place.
TEST(JsonTest, ALoneSurrogateIsNamed) {
  for (const char* text :
       {R"({"a":"x \ud83d b"})", R"({"a":"x \ud83d"})", R"({"a":"x \ud83d\ud83d\ude00"})",
        R"({"a":"x \ud83d\n"})", R"({"a":"x \udE00 b"})", R"({"a":"x \uD83D\u0041"})"}) {
    const std::string message = ParseJson(text, "f").status().message();
    EXPECT_THAT(message, HasSubstr("f: not valid JSON at line 1, column 9: \\u")) << text;
    EXPECT_THAT(message, HasSubstr("lone surrogate")) << text;
  }
  EXPECT_THAT(ParseJson("{\n\"\\udc00\":1}", "f").status().message(),
              HasSubstr("line 2, column 2: \\udc00 is a lone surrogate"));
  // If there is an earlier fault, it is the one that counts.
  EXPECT_THAT(ParseJson(R"({"a":oops,"b":"\ud83d"})", "f").status().message(),
              Not(HasSubstr("surrogate")));
}

TEST(JsonTest, LoneSurrogatesAreFoundAndReplaced) {
  struct Case {
    const char* text;
    const char* replaced;
  };
  for (const Case& each : {
           Case{R"("\ud83d")", R"("\ufffd")"},
           Case{R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"},
           Case{R"("\ude00\ud83d")", R"("\ufffd\ufffd")"},
           Case{R"("\\\ud83d x")", R"("\\\ufffd x")"},
           Case{R"({"\uDBFF":["\uDfff"]})", R"({"\ufffd":["\ufffd"]})"},
       }) {
    EXPECT_NE(FindLoneSurrogate(each.text), std::string::npos) << each.text;
    EXPECT_EQ(ReplaceLoneSurrogates(each.text), each.replaced);
    EXPECT_TRUE(ParseJson(each.replaced, "f").ok()) << each.replaced;
  }
  // Pairs, other escapes, and a backslash before a plain u are not lone surrogates.
  for (const char* whole : {R"("\ud83d\ude00")", R"("\ud7ff\ue000")", R"("\\ud83d")",
                            R"("\\\\ud83d")", R"("\u12)", "\\"}) {
    EXPECT_EQ(FindLoneSurrogate(whole), std::string::npos) << whole;
    EXPECT_EQ(ReplaceLoneSurrogates(whole), whole);
  }
}

// NaN would pass every comparison with a bound. Numbers beyond double's range are left to the
// caller, because rows are passed on as they were written.
TEST(JsonTest, NoNumberIsNaN) {
  for (const char* zero : {"0e400", "-0e999", "0.0e310", "0.000e-400"}) {
    const auto value = ParseJson(zero, "numbers");
    ASSERT_TRUE(value.ok()) << zero << ": " << value.status().ToString();
    EXPECT_EQ(value->to_number<double>(), 0) << zero;
  }
  const auto large = ParseJson("[1e400, -1e999]", "numbers");
  ASSERT_TRUE(large.ok()) << large.status().ToString();
  EXPECT_TRUE(std::isinf(large->at(0).get_double()));
  EXPECT_TRUE(std::isinf(large->at(1).get_double()));
}

TEST(JsonTest, DepthIsBounded) {
  const std::string deep(1000000, '[');
  const auto result = ParseJson(deep, "f");
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.status().message(), HasSubstr("more than 64 levels"));
}

// Reads files that Python's json module wrote: it keeps the last of two equal keys, and has NaN and
// infinities.
TEST(JsonTest, PythonsReadingTakesTheLastKeyAndConstants) {
  const auto value = ParseJsonAsPython(
      R"({"a": 1, "b": [NaN, -Infinity, {"NaN": "-Infinity \" NaN"}], "a": Infinity, "c": 1.5})",
      "x.json");
  ASSERT_TRUE(value.ok()) << value.status().ToString();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(value->at("a").as_double(), kInfinity);
  EXPECT_TRUE(std::isnan(value->at("b").at(0).as_double()));
  EXPECT_EQ(value->at("b").at(1).as_double(), -kInfinity);
  EXPECT_EQ(value->at("b").at(2).at("NaN").as_string(), "-Infinity \" NaN");
  EXPECT_EQ(value->at("c").as_double(), 1.5);
  for (const char* wrong : {"{NaN: 1}", "[Inf]", "[NaN", "[+Infinity]", "[NaNNaN]", "[1NaN]",
                            "[NaN1]", "[-NaN]", "nan"}) {
    EXPECT_EQ(ParseJsonAsPython(wrong, "x.json").status().code(), StatusCode::kInvalidArgument)
        << wrong;
  }
  EXPECT_EQ(ParseJson("[NaN]", "x.json").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace vetor
