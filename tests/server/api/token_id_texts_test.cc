// Ids of real tokenizers over the golden texts: those of the model are taken, and those of others
// are not.
#include "server/api/token_id_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

class TokenIdTextsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(TokenIdTextsTest, TheModelsOwnIdsAreTaken) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  const TokenIdTexts texts(*tokenizer);
  size_t taken = 0;
  const std::vector<GoldenRow> rows = GoldenRows(GetParam());
  for (const GoldenRow& row : rows) {
    const Result<std::string> text = texts.TextOf(row.ids);
    if (!text.ok()) continue;
    ++taken;
    EXPECT_EQ(Ids(*tokenizer, *text), row.ids) << row.text;
  }
  // Refused are texts with special tokens inside, and with XLM-RoBERTa those with the unknown one.
  EXPECT_GT(taken, rows.size() * 9 / 10);
}

INSTANTIATE_TEST_SUITE_P(Families, TokenIdTextsTest,
                         ::testing::Values("all-minilm-l6-v2", "all-mpnet-base-v2", "roberta-base",
                                           "modernbert", "xlm-roberta-metaspace"),
                         [](const auto& parameter) { return TestName(parameter.param); });

TEST(TokenIdTexts, IdsOfAnotherTokenizerAreRefused) {
  const auto own = LoadPipeline(FindTokenizer("all-minilm-l6-v2"));
  ASSERT_NE(own, nullptr);
  const TokenIdTexts texts(*own);
  for (const char* other : {"roberta-base", "xlm-roberta-metaspace", "qwen3", "t5-small"}) {
    for (const GoldenRow& row : GoldenRows(other)) {
      EXPECT_EQ(texts.TextOf(row.ids).status().code(), StatusCode::kInvalidArgument)
          << other << ": " << row.text;
    }
  }
}

// Ids of other tokenizers may pass here; those that no text has do not.
TEST(TokenIdTexts, AModelWithoutSpecialTokensHasTheTextAlone) {
  const auto own = LoadPipeline(FindTokenizer("qwen3"));
  ASSERT_NE(own, nullptr);
  const TokenIdTexts texts(*own);
  EXPECT_EQ(texts.TextOf({}).value(), "");
  EXPECT_EQ(texts.TextOf(Ids(*own, "São Paulo, 2026")).value(), "São Paulo, 2026");
  const std::vector<int64_t> ids = Ids(*own, "\xEA\x99\xAE");
  ASSERT_GT(ids.size(), 1U);
  EXPECT_THAT(texts.TextOf(std::span(ids).first(1)).status().message(),
              ::testing::HasSubstr("its position 0 is"))
      << "cut within a character";
}

}  // namespace
}  // namespace vetor
