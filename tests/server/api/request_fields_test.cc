#include "server/api/request_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace vetor {
namespace {

using ::testing::HasSubstr;

RequestFields Read(std::string_view body) { return {Family::kOpenAi, body}; }

TEST(RequestFields, NullIsAbsent) {
  RequestFields fields = Read(R"({"a":null,"b":null,"c":null,"d":null,"e":null})");
  EXPECT_EQ(fields.String("a"), std::nullopt);
  EXPECT_EQ(fields.Bool("b"), std::nullopt);
  EXPECT_EQ(fields.Integer("c"), std::nullopt);
  EXPECT_EQ(fields.Texts("d"), std::nullopt);
  EXPECT_EQ(fields.Object("e"), nullptr);
  EXPECT_FALSE(fields.error());
}

TEST(RequestFields, TheFirstErrorStays) {
  RequestFields fields = Read(R"({"a":1,"b":"x"})");
  EXPECT_EQ(fields.String("a"), std::nullopt);
  EXPECT_EQ(fields.Bool("b"), std::nullopt);
  ASSERT_TRUE(fields.error());
  EXPECT_EQ(fields.error()->param, "a");
  EXPECT_EQ(fields.error()->message, "field \"a\" is a number; expected a string");
}

TEST(RequestFields, NumbersThatAreNotIntegersAreRefused) {
  for (const char* body :
       {R"({"a":1.5})", R"({"a":1e300})", R"({"a":"1"})", R"({"a":true})", R"({"a":[1]})"}) {
    RequestFields fields = Read(body);
    EXPECT_EQ(fields.Integer("a"), std::nullopt) << body;
    EXPECT_TRUE(fields.error()) << body;
  }
}

TEST(RequestFields, AnIntegerMayBeWrittenWithAPoint) {
  RequestFields fields = Read(R"({"a":8.0,"b":-2e3,"c":9007199254740993})");
  EXPECT_EQ(fields.Integer("a"), 8);
  EXPECT_EQ(fields.Integer("b"), -2000);
  EXPECT_EQ(fields.Integer("c"), 9007199254740993);
  EXPECT_FALSE(fields.error());
}

TEST(RequestFields, ChoicesAreListed) {
  constexpr std::array<std::string_view, 2> kNames{"one", "two"};
  RequestFields fields = Read(R"({"a":["one","three"]})");
  EXPECT_EQ(fields.Choices("a", kNames), std::nullopt);
  EXPECT_THAT(fields.error()->message, HasSubstr("\"three\"; expected one of \"one\", \"two\""));
  RequestFields wrong = Read(R"({"a":true})");
  EXPECT_EQ(wrong.Choice("a", kNames), std::nullopt);
  EXPECT_THAT(wrong.error()->message, HasSubstr("expected one of \"one\", \"two\""));
}

TEST(RequestFields, AnEmptyBodyIsCalledSo) {
  RequestFields fields(Family::kOpenAi, "");
  ASSERT_TRUE(fields.error());
  EXPECT_EQ(fields.error()->message, "the request body is empty; expected a JSON object");
}

TEST(RequestFields, AFieldMayLieInAnObject) {
  RequestFields fields = Read(R"({"a":"outside","inner":{"a":"inside","b":"inside"}})");
  fields.AlsoIn("inner");
  EXPECT_EQ(fields.String("a"), "outside");
  EXPECT_EQ(fields.String("b"), "inside");
}

}  // namespace
}  // namespace vetor
