// Guards the grapheme clusters that Precompiled sees. Every scalar value stands before, between and
// after characters of every kind, and goes through a charsmap that shows each cluster and through
// the tokenizers that have a real one. The results are compared with frozen answers of the
// reference (tests/data/tokenizer/clusters.txt; tools/tokenizer/make_clusters.py made them and says
// what a line is).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tests/tokenizer/test_files.h"
#include "tokenizer/normalizers/precompiled.h"

namespace vetor {
namespace {

constexpr size_t kLinesOfText = 4096;

struct Answer {
  std::string kind;
  std::string first;
  std::string second;
  std::string hash;
};

std::vector<Answer> AnswersOf(const std::string& kind) {
  std::ifstream file(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/clusters.txt");
  std::vector<Answer> answers;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Answer answer;
    words >> answer.kind >> answer.first >> answer.second >> answer.hash;
    if (answer.kind == kind) answers.push_back(answer);
  }
  EXPECT_FALSE(answers.empty()) << "no frozen answers of " << kind;
  return answers;
}

// Decodes "344.34A"; "-" stands for nothing.
std::string TextOf(const std::string& digits) {
  std::string text;
  std::istringstream words(digits);
  for (std::string word; digits != "-" && std::getline(words, word, '.');) {
    AppendUtf8(static_cast<char32_t>(std::stoul(word, nullptr, 16)), &text);
  }
  return text;
}

std::string Frozen(std::string_view data) { return Hex(Sha256(data)).substr(0, 16); }

// Calls with a line for each scalar except the line feed, in texts of `lines_of_text` lines.
void ForEachText(const Answer& answer, size_t lines_of_text,
                 const std::function<void(const std::string&)>& visit) {
  const std::string before = TextOf(answer.first);
  const std::string after = TextOf(answer.second) + "\n";
  std::string text;
  size_t lines = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c == '\n' || (c >= 0xD800 && c < 0xE000)) continue;
    text += before;
    AppendUtf8(c, &text);
    text += after;
    if (++lines % lines_of_text != 0) continue;
    visit(text);
    text.clear();
  }
  if (!text.empty()) visit(text);
}

std::string Normalized(const Normalizer& normalizer, std::string_view text) {
  AlignedText aligned;
  aligned.Reset(text, false, 0);
  normalizer.Apply(&aligned);
  return std::string(aligned.view());
}

// Writes one Y for a cluster under six bytes and for each character of a longer one; a line feed
// stays.
std::unique_ptr<Precompiled> ClusterCounter() {
  std::vector<uint32_t> units(768);
  units[0] = 256 << 10;
  for (uint32_t byte = 1; byte < 256; ++byte) {
    if (byte != '\n') units[256 + byte] = byte | 1U << 8 | (512 ^ (256 + byte)) << 10;
  }
  units[512] = 1U << 31;
  const auto size = static_cast<uint32_t>(units.size() * sizeof units[0]);
  std::string charsmap(sizeof size + size, '\0');
  std::memcpy(charsmap.data(), &size, sizeof size);
  std::memcpy(charsmap.data() + sizeof size, units.data(), size);
  auto counter = Precompiled::FromCharsmap(charsmap + std::string("Y\0", 2));
  EXPECT_TRUE(counter.ok()) << counter.status().ToString();
  return counter.ok() ? *std::move(counter) : nullptr;
}

TEST(ClustersTest, EveryScalarBesideEveryKindJoinsAndEndsClustersAsInTheReference) {
  const auto counter = ClusterCounter();
  ASSERT_NE(counter, nullptr);
  for (const Answer& answer : AnswersOf("counter")) {
    ForEachText(answer, SIZE_MAX, [&](const std::string& text) {
      EXPECT_EQ(Frozen(Normalized(*counter, text)), answer.hash)
          << "before " << answer.first << ", after " << answer.second;
    });
  }
}

// The keys of a charsmap that have two characters, in the order of their bytes.
std::vector<std::string> PairsOf(std::string_view charsmap) {
  uint32_t size = 0;
  std::memcpy(&size, charsmap.data(), sizeof size);
  std::vector<uint32_t> units(size / 4);
  std::memcpy(units.data(), charsmap.data() + sizeof size, size);
  const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & 1U << 9) >> 6); };
  const auto characters = [](const std::string& key) {
    return std::count_if(key.begin(), key.end(), [](char c) { return (c & 0xC0) != 0x80; });
  };
  std::vector<std::string> pairs;
  std::vector<std::pair<uint32_t, std::string>> open = {{offset(units[0]), ""}};
  while (!open.empty()) {
    const auto [at, key] = open.back();
    open.pop_back();
    for (uint32_t byte = 1; byte < 256; ++byte) {
      const uint32_t place = at ^ byte;
      if (place >= units.size() || (units[place] & 0x800000FFU) != byte) continue;
      std::string longer = key + static_cast<char>(byte);
      if (characters(longer) > 2) continue;
      const bool is_whole = FindInvalidUtf8(longer) == kValidUtf8;
      if (is_whole && characters(longer) == 2 && (units[place] >> 8 & 1U) != 0) {
        pairs.push_back(longer);
      }
      open.emplace_back(place ^ offset(units[place]), std::move(longer));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

std::string WithScalar(const std::string& pair, const std::string& place,
                       const std::string& scalar) {
  if (place == "before") return scalar + pair;
  if (place == "after") return pair + scalar;
  size_t second = 0;
  DecodeUtf8(pair, &second);
  return pair.substr(0, second) + scalar + pair.substr(second);
}

TEST(ClustersTest, EveryPairOfTheCharsmapWithEveryKindOfScalarIsNormalizedAsInTheReference) {
  const std::filesystem::path path = FindTokenizer("t5-small");
  const auto document = ParseJson(ReadTestFile(path), path.string());
  ASSERT_TRUE(document.ok());
  const auto& base64 = document->at("normalizer").at("precompiled_charsmap").as_string();
  const auto charsmap = DecodeBase64(std::string_view(base64.data(), base64.size()));
  ASSERT_TRUE(charsmap.ok());
  const auto precompiled = Precompiled::FromCharsmap(*charsmap);
  ASSERT_TRUE(precompiled.ok());
  const std::vector<std::string> pairs = PairsOf(*charsmap);
  EXPECT_EQ(pairs.size(), 13546U);
  for (const Answer& answer : AnswersOf("pairs")) {
    std::string text;
    for (const std::string& pair : pairs) {
      text += WithScalar(pair, answer.first, TextOf(answer.second)) + "\n";
    }
    EXPECT_EQ(Frozen(Normalized(**precompiled, text)), answer.hash)
        << "U+" << answer.second << " " << answer.first << " each pair";
  }
}

class ClusterAnswersTest : public testing::TestWithParam<const char*> {};

TEST_P(ClusterAnswersTest, EveryScalarAroundComposedPairsHasTheReferencesIds) {
  const std::filesystem::path path = FindTokenizer(GetParam());
  const auto tokenizer = LoadPipeline(path);
  ASSERT_NE(tokenizer, nullptr);
  for (const Answer& answer : AnswersOf(std::string("ids:") + GetParam())) {
    std::string lines;
    ForEachText(answer, kLinesOfText, [&](const std::string& text) {
      lines += fmt::format("{}\n", fmt::join(Ids(*tokenizer, text), " "));
    });
    EXPECT_EQ(Frozen(lines), answer.hash)
        << "before " << answer.first << ", after " << answer.second;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ClusterAnswersTest,
                         testing::Values("t5-small", "xlm-roberta-wssplit",
                                         "xlm-roberta-metaspace"),
                         [](const auto& parameter) { return TestName(parameter.param); });

}  // namespace
}  // namespace vetor
