#include "vetor/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "base/status_macros.h"

namespace vetor {
namespace {

TEST(StatusTest, EveryCodeHasItsOwnRowInTheTable) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(StatusCode::kInternal); ++i) {
    const StatusCodeInfo& info = DescribeStatusCode(static_cast<StatusCode>(i));
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(info.exit_code == 0, i == 0) << info.name;
    EXPECT_EQ(info.http_status == 200, i == 0) << info.name;
  }
  EXPECT_STREQ(DescribeStatusCode(StatusCode::kDataLoss).name, "DATA_LOSS");
  EXPECT_STREQ(DescribeStatusCode(StatusCode::kInternal).name, "INTERNAL");
}

TEST(StatusTest, ContextGoesBeforeTheMessageAndKeepsTheCode) {
  const Status status = NotFoundError("no such file").WithContext("model.onnx");
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.ToString(), "NOT_FOUND: model.onnx: no such file");
  EXPECT_TRUE(Status().WithContext("anything").ok());
}

Result<std::unique_ptr<int>> Half(int n) {
  if (n % 2 != 0) return InvalidArgumentError("odd");
  return std::make_unique<int>(n / 2);
}

Result<int> Quarter(int n) {
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<int> half, Half(n));
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<int> quarter, Half(*half));
  return *quarter;
}

TEST(ResultTest, MacroReturnsTheFirstFailureAndMovesValuesThrough) {
  const Result<int> two = Quarter(8);
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(*two, 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
}

// In a build without assertions, using an unchecked value was undefined behaviour.
TEST(ResultDeathTest, AValueThatIsNotThereEndsTheProcessAndSaysWhy) {
  const Result<int> none = NotFoundError("no such file: model.onnx");
  const char* said = "value of a Result that is an error: NOT_FOUND: no such file: model.onnx";
  EXPECT_DEATH(static_cast<void>(*none), said);
  EXPECT_DEATH(static_cast<void>(none.value()), said);
  EXPECT_DEATH(static_cast<void>(Quarter(6).value()), "INVALID_ARGUMENT: odd");
  Result<std::string> no_text = DataLossError("cut");
  EXPECT_DEATH(static_cast<void>(no_text->size()), "DATA_LOSS: cut");
  const Result<int> hostile = NotFoundError("no model\nhere \x1B[31m\xFF");
  EXPECT_DEATH(static_cast<void>(*hostile), "no model\\\\nhere \\\\x1b\\[31m\xEF\xBF\xBD\n");
}

TEST(ResultTest, SuccessWithoutAValueIsAnInternalError) {
  const Result<int> result = Status();
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace vetor
