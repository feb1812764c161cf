#include "cli/output/json_text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace vetor::cli {
namespace {

TEST(JsonTextTest, NumbersReadAsPeopleWriteThem) {
  EXPECT_EQ(JsonLine({0.913, 1.0, -0.5, 1e-7, 7, true, nullptr}),
            "[0.913,1,-0.5,1e-07,7,true,null]");
}

TEST(JsonTextTest, StringsAreEscapedAndOrderIsKept) {
  const boost::json::value value = {{"b\"", "x\ny"}, {"a", {{"c", 0.25}}}};
  EXPECT_EQ(JsonLine(value), R"({"b\"":"x\ny","a":{"c":0.25}})");
  EXPECT_EQ(boost::json::parse(JsonLine(value)), value);
}

TEST(JsonTextTest, IndentedHasOneLinePerMember) {
  const boost::json::value value = {
      {"a", 1}, {"b", {{"c", boost::json::array{1, 2}}}}, {"d", boost::json::object{}}};
  EXPECT_EQ(IndentedJson(value),
            "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [1,2]\n  },\n  \"d\": {}\n}");
}

}  // namespace
}  // namespace vetor::cli
