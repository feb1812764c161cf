// Compares the ids of real tokenizers on the golden texts: traps, and 2,000 lines in many
// languages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

class GoldenTest : public ::testing::TestWithParam<std::string> {};

void CompareRows(const Tokenizer& tokenizer, const std::vector<GoldenRow>& rows) {
  size_t different = 0;
  for (const GoldenRow& row : rows) {
    if (Ids(tokenizer, row.text) == row.ids) continue;
    if (++different <= 5) {
      EXPECT_EQ(Ids(tokenizer, row.text), row.ids) << boost::json::serialize(row.text);
    }
  }
  EXPECT_EQ(different, 0U) << "of " << rows.size() << " texts";
}

TEST_P(GoldenTest, EveryTextHasTheReferencesIds) {
  const std::vector<GoldenRow> rows = GoldenRows(GetParam());
  ASSERT_GT(rows.size(), 2500U);
  for (const bool fused : {true, false}) {
    SCOPED_TRACE(fused ? "fused" : "stages");
    const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()), fused);
    ASSERT_NE(tokenizer, nullptr);
    CompareRows(*tokenizer, rows);
  }
}

// The families, and each NAME.json in .deps/tokenizers that has a NAME.ids beside it
// (tools/tokenizer/make_golden.py). Their licence or size keeps these tokenizers out of the
// repository.
std::vector<std::string> FamiliesAndOwn() {
  std::set<std::string> own;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(VETOR_SOURCE_DIR) / ".deps" / "tokenizers", absent)) {
    std::filesystem::path ids = entry.path();
    if (ids.extension() != ".json" || !std::filesystem::exists(ids.replace_extension(".ids"))) {
      continue;
    }
    own.insert(ids.stem());
  }
  std::vector<std::string> names(std::begin(kFamilies), std::end(kFamilies));
  for (const std::string& name : names) own.erase(name);
  names.insert(names.end(), own.begin(), own.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Families, GoldenTest, ::testing::ValuesIn(FamiliesAndOwn()),
                         [](const auto& parameter) { return TestName(parameter.param); });

}  // namespace
}  // namespace vetor
