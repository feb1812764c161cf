// Where tokens stand in the caller's text, in bytes, as the reference says (frozen by
// tools/tokenizer/make_ranges.py).
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/digest.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

std::string RangesOf(const Tokenizer& tokenizer, std::string_view text, bool special_tokens) {
  WindowOptions options;
  options.add_special_tokens = special_tokens;
  options.byte_ranges = true;
  const auto encoding = tokenizer.EncodeWindows(text, std::nullopt, options);
  EXPECT_TRUE(encoding.ok());
  boost::json::array ranges;
  for (const TokenRange& range : encoding->ranges) {
    ranges.push_back(boost::json::array{range.begin, range.end});
  }
  return boost::json::serialize(ranges);
}

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
    EXPECT_EQ(RangesOf(*tokenizer, row.at("text").as_string(), false),
              boost::json::serialize(row.at("ranges")))
        << boost::json::serialize(row);
    ++checked;
  }
  if (checked == 0) GTEST_SKIP() << "no shared tokenizers";
}

TEST(RangesTest, TokensOfEveryGoldenTextStandWhereTheReferenceSays) {
  constexpr size_t kBlock = 250;
  std::ifstream frozen(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/golden_ranges.txt");
  size_t checked = 0;
  for (std::string line; std::getline(frozen, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    const std::filesystem::path file = FindTokenizer(name);
    if (file.empty()) continue;
    const auto tokenizer = LoadPipeline(file);
    std::vector<std::string> texts;
    for (const auto& row : ReadJsonLines(std::string(VETOR_SHARED_DIR) +
                                         "/data/tokenizers/golden/" + name + ".golden.jsonl.gz")) {
      const std::string_view text = row.at("text").as_string();
      if (!text.starts_with('\x1b')) texts.emplace_back(text);  // make_ranges.py says why
    }
    std::string lines;
    for (size_t i = 0; i < texts.size(); ++i) {
      lines += RangesOf(*tokenizer, texts[i], true) + "\n";
      if ((i + 1) % kBlock != 0 && i + 1 != texts.size()) continue;
      std::string hash;
      words >> hash;
      EXPECT_EQ(Hex(Sha256(lines)).substr(0, 8), hash) << name << ", texts up to " << i;
      lines.clear();
      ++checked;
    }
  }
  if (checked == 0) GTEST_SKIP() << "no shared tokenizers";
}

}  // namespace
}  // namespace vetor
