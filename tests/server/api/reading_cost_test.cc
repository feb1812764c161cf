#include "server/api/reading_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/api/api_under_test.h"

namespace vetor::testing {
namespace {

using ::testing::HasSubstr;

std::string Repeated(std::string_view part, size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (size_t i = 0; i < count; ++i) text += part;
  return text;
}

TEST(ReadingCost, ListsObjectsAndElementsCount) {
  EXPECT_EQ(BytesOfReading(""), 0U);
  EXPECT_EQ(BytesOfReading("1"), 2U);
  EXPECT_EQ(BytesOfReading("[1,2]"), 2 * 5U + 2 * 64);
  EXPECT_EQ(BytesOfReading(R"({"a":{}})"), 2 * 8U + 2 * 128);
}

TEST(ReadingCost, MarksInsideTextsDoNot) {
  EXPECT_EQ(BytesOfReading(R"("[,{")"), 2 * 5U);
  EXPECT_EQ(BytesOfReading(R"("\",[")"), 2 * 6U);
  EXPECT_EQ(BytesOfReading(R"("\\",)"), 2 * 5U + 64) << "the backslash is the one before the quote";
  EXPECT_EQ(BytesOfReading("\",,,"), 2 * 4U) << "a text without an end";
  EXPECT_EQ(BytesOfReading("\"\\"), 2 * 2U);
}

// Lists in lists have no comma, and took 800 MiB of a body of 32.
TEST(ReadingCost, ABodyOfListsInListsIsRefusedBeforeItIsRead) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(8U << 20);
  const auto api = ApiUnderTest::WithHashing(options);
  for (const char* level : {"[", R"({"":)"}) {
    const bool list = level[0] == '[';
    const std::string nest = Repeated(level, 55) + "1" + Repeated(list ? "]" : "}", 55);
    const std::string body = R"({"input":"race","x":[)" + nest + Repeated("," + nest, 8'000) + "]}";
    ASSERT_LT(3 * body.size(), 7U << 20) << "so that the bytes alone would be let in";
    const HttpResponse answer = api->Post("/v1/embeddings", body);
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.body, HasSubstr("max_held_mb"));
  }
}

// An id of four bytes may be a token of a hundred.
TEST(ReadingCost, TheTextsOfTokenIdsFindRoomFirst) {
  ApiOptions options;
  options.budget = std::make_shared<ByteBudget>(1'000'000);
  options.config.token_ids = TokenIdInput::kModel;
  const auto api = ApiUnderTest::WithTiny(options);
  const std::string ids = R"({"input":[5)" + Repeated(",5", 20'000) + "]}";
  const HttpResponse answer = api->Post("/v1/embeddings", ids);
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("to read 1 list of token ids takes up to"));
  EXPECT_EQ(options.budget->held(), 0U);
}

}  // namespace
}  // namespace vetor::testing
