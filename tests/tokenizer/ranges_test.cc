// Where tokens stand in the caller's text, in bytes, as the reference says (frozen by
// tools/tokenizer/make_ranges.py).
#include <gtest/gtest.h>

#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

TEST(RangesTest, TokensStandWhereTheReferenceSays) {
  size_t checked = 0;
  std::string loaded;
  std::unique_ptr<Pipeline> tokenizer;
  for (const auto& row :
       ReadJsonLines(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/ranges.jsonl")) {
    const std::string name(row.at("tokenizer").as_string());
    const std::filesystem::path file = FindTokenizer(name);
    if (file.empty()) continue;
    if (loaded != name) tokenizer = LoadPipeline(file);
    loaded = name;
    WindowOptions options;
    options.add_special_tokens = false;
    options.byte_ranges = true;
    const auto encoding =
        tokenizer->EncodeWindows(row.at("text").as_string(), std::nullopt, options);
    ASSERT_TRUE(encoding.ok());
    boost::json::array ranges;
    for (const TokenRange& range : encoding->ranges) {
      ranges.push_back(boost::json::array{range.begin, range.end});
    }
    EXPECT_EQ(boost::json::serialize(ranges), boost::json::serialize(row.at("ranges")))
        << boost::json::serialize(row);
    ++checked;
  }
  if (checked == 0) GTEST_SKIP() << "no shared tokenizers";
}

}  // namespace
}  // namespace vetor
