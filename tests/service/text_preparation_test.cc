#include "service/text_preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace vetor {
namespace {

using ::testing::HasSubstr;
using Texts = std::vector<std::string_view>;

TEST(TextPreparationTest, NothingToChangeMeansNothingCopied) {
  const Texts texts = {"a", "", "São Paulo"};
  const auto prepared = PreparedTexts::Make(texts, "", false);
  ASSERT_TRUE(prepared.ok());
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ((*prepared)[i].data(), texts[i].data());
}

// docs/faults.md, row 1: the error for invalid UTF-8 names row and byte.
TEST(TextPreparationTest, Row1InvalidUtf8NamesRowAndByte) {
  const Texts texts = {"fine", "abc\xFFz"};
  const auto prepared = PreparedTexts::Make(texts, "", false);
  ASSERT_FALSE(prepared.ok());
  EXPECT_EQ(prepared.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(prepared.status().message(), HasSubstr("text 1 is not valid UTF-8 at byte 3 (0xFF)"));
}

TEST(TextPreparationTest, ReplacementAndPromptMakeCopiesThatStayPut) {
  Texts texts(1000, "x\xFF");
  texts[500] = "plain";
  const auto replaced = PreparedTexts::Make(texts, "", true);
  ASSERT_TRUE(replaced.ok());
  EXPECT_EQ((*replaced)[0], "x\xEF\xBF\xBD");
  EXPECT_EQ((*replaced)[999], "x\xEF\xBF\xBD");
  EXPECT_EQ((*replaced)[500].data(), texts[500].data());
  const auto prompted = PreparedTexts::Make(texts, "query: ", true);
  ASSERT_TRUE(prompted.ok());
  EXPECT_EQ((*prompted)[0], "query: x\xEF\xBF\xBD");
  EXPECT_EQ((*prompted)[500], "query: plain");
}

}  // namespace
}  // namespace vetor
