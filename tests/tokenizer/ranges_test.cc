// Tokens stand in the caller's text, counted in bytes, where the reference says
// (tools/tokenizer/make_ranges.py froze the places).
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/digest.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

std::string RangesOf(const Tokenizer& tokenizer, std::string_view text, bool special_tokens) {
  WindowOptions options;
  options.add_special_tokens = special_tokens;
  options.offsets = true;
  const auto encoding = tokenizer.EncodeWindows(text, std::nullopt, options);
  EXPECT_TRUE(encoding.ok());
  boost::json::array ranges;
  for (const TokenOffsets& range : encoding->offsets) {
    ranges.push_back(boost::json::array{range.begin, range.end});
  }
  return boost::json::serialize(ranges);
}

TEST(RangesTest, TokensStandWhereTheReferenceSays) {
  std::set<std::string> checked;
  std::string loaded;
  std::unique_ptr<Pipeline> tokenizer;
  for (const auto& row :
       ReadJsonLines(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/ranges.jsonl")) {
    const std::string name(row.at("tokenizer").as_string());
    if (loaded != name) tokenizer = LoadPipeline(FindTokenizer(name));
    ASSERT_NE(tokenizer, nullptr);
    loaded = name;
    EXPECT_EQ(RangesOf(*tokenizer, row.at("text").as_string(), false),
              boost::json::serialize(row.at("ranges")))
        << boost::json::serialize(row);
    checked.insert(name);
  }
  EXPECT_EQ(checked, std::set<std::string>(std::begin(kFamilies), std::end(kFamilies)));
}

class GoldenRangesTest : public testing::TestWithParam<const char*> {};

// The hashes of one tokenizer.
std::istringstream FrozenRanges(const std::string& wanted) {
  std::ifstream frozen(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/golden_ranges.txt");
  for (std::string line; std::getline(frozen, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == wanted) return words;
  }
  ADD_FAILURE() << "no frozen ranges of " << wanted;
  return {};
}

TEST_P(GoldenRangesTest, TokensOfEveryTextStandWhereTheReferenceSays) {
  constexpr size_t kBlock = 250;
  std::istringstream frozen = FrozenRanges(GetParam());
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  std::vector<std::string> texts = GoldenTexts();
  // make_ranges.py says why.
  std::erase_if(texts, [](const std::string& text) { return text.starts_with('\x1b'); });
  std::string lines;
  for (size_t i = 0; i < texts.size(); ++i) {
    lines += RangesOf(*tokenizer, texts[i], true) + "\n";
    if ((i + 1) % kBlock != 0 && i + 1 != texts.size()) continue;
    std::string hash;
    frozen >> hash;
    EXPECT_EQ(Hex(Sha256(lines)).substr(0, 8), hash) << "texts up to " << i;
    lines.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(Families, GoldenRangesTest, testing::ValuesIn(kFamilies),
                         [](const auto& parameter) { return TestName(parameter.param); });

}  // namespace
}  // namespace vetor
