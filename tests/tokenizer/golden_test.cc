// Ids of real tokenizers on the shared golden texts: traps and 2,000 lines in many languages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

class GoldenTest : public testing::TestWithParam<const char*> {};

void CompareRows(const Tokenizer& tokenizer, const std::vector<boost::json::value>& rows) {
  size_t different = 0;
  for (const auto& row : rows) {
    const std::string_view text = row.at("text").as_string();
    const std::vector<int64_t> expected = Numbers(row.at("ids"));
    if (Ids(tokenizer, text) == expected) continue;
    if (++different <= 5) {
      EXPECT_EQ(Ids(tokenizer, text), expected) << boost::json::serialize(row.at("text"));
    }
  }
  EXPECT_EQ(different, 0U) << "of " << rows.size() << " texts";
}

TEST_P(GoldenTest, EveryTextHasTheReferencesIds) {
  const std::filesystem::path file = FindTokenizer(GetParam());
  if (file.empty()) GTEST_SKIP() << WithoutTokenizer(GetParam());
  const auto rows = ReadJsonLines(std::string(VETOR_SHARED_DIR) + "/data/tokenizers/golden/" +
                                  GetParam() + ".golden.jsonl.gz");
  ASSERT_GT(rows.size(), 2000U);
  for (const bool fused : {true, false}) {
    SCOPED_TRACE(fused ? "fused" : "stages");
    const auto tokenizer = LoadPipeline(file, fused);
    ASSERT_NE(tokenizer, nullptr);
    CompareRows(*tokenizer, rows);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, GoldenTest,
                         testing::Values("all-minilm-l6-v2", "bert-multilingual-uncased",
                                         "all-mpnet-base-v2", "xlm-roberta-wssplit",
                                         "xlm-roberta-metaspace", "t5-small", "roberta-base",
                                         "modernbert", "qwen3", "gemma3"),
                         [](const auto& parameter) { return TestName(parameter.param); });

}  // namespace
}  // namespace vetor
