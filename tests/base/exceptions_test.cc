#include "base/exceptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace vetor {
namespace {

using ::testing::HasSubstr;

TEST(CatchExceptionsTest, WhatIsThrownBecomesAStatus) {
  const auto code = [](auto thrown) {
    return CatchExceptions([&]() -> Status { throw thrown; }).code();
  };
  EXPECT_EQ(code(std::bad_alloc()), StatusCode::kResourceExhausted);
  EXPECT_EQ(code(std::length_error("basic_string")), StatusCode::kResourceExhausted);
  EXPECT_EQ(code(std::runtime_error("no")), StatusCode::kInternal);
  EXPECT_EQ(code(7), StatusCode::kInternal);
  const Result<int> failed =
      CatchExceptions([]() -> Result<int> { throw std::runtime_error("the words"); });
  EXPECT_THAT(failed.status().message(), HasSubstr("the words"));
}

TEST(CatchExceptionsTest, WhatIsReturnedIsReturned) {
  EXPECT_EQ(*CatchExceptions([]() -> Result<int> { return 7; }), 7);
  EXPECT_EQ(CatchExceptions([] { return NotFoundError("x"); }).code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace vetor
