#include "server/api/error_shape.h"

#include <gtest/gtest.h>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::FieldOf;

constexpr Family kAll[] = {Family::kPlain, Family::kOpenAi, Family::kTei, Family::kCohere,
                           Family::kOllama};

TEST(ErrorShape, EachFamilyHasItsOwn) {
  const ApiError error{.status = 404, .message = "a \"b\"", .code = "c", .param = "p"};
  const auto body = [&error](Family family) { return ErrorAnswer(family, error).body; };
  EXPECT_EQ(body(Family::kPlain), R"({"error":"a \"b\""})");
  EXPECT_EQ(body(Family::kOllama), R"({"error":"a \"b\""})");
  EXPECT_EQ(body(Family::kCohere), R"({"message":"a \"b\""})");
  EXPECT_EQ(body(Family::kTei), R"({"error":"a \"b\"","error_type":"Validation"})");
  EXPECT_EQ(body(Family::kOpenAi),
            R"({"error":{"message":"a \"b\"","type":"not_found_error","param":"p","code":"c"}})");
}

TEST(ErrorShape, StatusesOfTheLibraryHaveTheirCodes) {
  for (const Family family : kAll) {
    const int wrong = family == Family::kTei ? 422 : 400;
    EXPECT_EQ(ErrorFromStatus(family, InvalidArgumentError("x")).status, wrong);
    EXPECT_EQ(ErrorFromStatus(family, NotFoundError("x")).status, 404);
    EXPECT_EQ(ErrorFromStatus(family, ResourceExhaustedError("x")).status, 429);
    EXPECT_EQ(ErrorFromStatus(family, UnavailableError("x")).status, 503);
    EXPECT_EQ(ErrorFromStatus(family, CancelledError("x")).status, 503);
    EXPECT_EQ(ErrorFromStatus(family, DeadlineExceededError("x")).status, 504);
    EXPECT_EQ(ErrorFromStatus(family, InternalError("x")).status, 500);
    EXPECT_EQ(ErrorFromStatus(family, UnimplementedError("x")).status, 501);
  }
}

TEST(ErrorShape, ClientsLearnWhetherToTryAgain) {
  for (const Family family : kAll) {
    const HttpResponse full =
        ErrorAnswer(family, ErrorFromStatus(family, ResourceExhaustedError("x")));
    EXPECT_EQ(FieldOf(full, "Retry-After"), "1");
    EXPECT_EQ(FieldOf(full, "retry-after-ms"), "1000");
    const HttpResponse broken = ErrorAnswer(family, ErrorFromStatus(family, InternalError("x")));
    EXPECT_EQ(FieldOf(broken, "x-should-retry"), "false");
    const HttpResponse late =
        ErrorAnswer(family, ErrorFromStatus(family, DeadlineExceededError("x")));
    EXPECT_EQ(FieldOf(late, "x-should-retry"), "");
  }
}

TEST(ErrorShape, Row36BytesThatAreNotATextAreReplacedInMessages) {
  EXPECT_EQ(JsonString("a\xFF\n"), "\"a\xEF\xBF\xBD\\n\"");
}

}  // namespace
}  // namespace vetor
