// Compares with frozen answers of the reference: public and random patterns on random strings,
// scalar values and lines in 93 languages, and the names of \p{..} over all scalar values
// (tests/data/tokenizer/regex; tools/tokenizer/make_regex_answers.py made them).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tests/tokenizer/nasty_strings.h"
#include "tests/tokenizer/test_files.h"
#include "tokenizer/regex/named_sets.h"

namespace vetor {
namespace {

constexpr uint64_t kSeed = 20251128;
constexpr size_t kStrings = 4096;
constexpr size_t kStringsOfRandomPattern = 64;
constexpr size_t kBlock = 2048;
constexpr size_t kEachLine = 32;

std::string RegexDataPath(const std::string& name) {
  return std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/regex/" + name;
}

std::string ShortHash(std::string_view text) { return Hex(Sha256(text)).substr(0, 8); }

bool IsSurrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

std::vector<std::string> Strings() {
  const NastyStrings nasty("regex/sets.txt");
  std::vector<std::string> texts;
  for (size_t i = 0; i < kStrings; ++i) {
    texts.push_back(nasty.Make(kSeed, 3 * i) + nasty.Make(kSeed, 3 * i + 1) +
                    nasty.Make(kSeed, 3 * i + 2));
  }
  return texts;
}

// 2048 scalar values per text: those of the first 28 texts, and of each thirty-second after them.
std::vector<std::string> Scalars() {
  std::vector<std::string> texts;
  std::string text;
  size_t count = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (IsSurrogate(c)) continue;
    std::string form;
    AppendUtf8(c, &form);
    text += "a" + form + "1 " + form;
    if (++count % 2048 != 0) continue;
    const size_t chunk = count / 2048 - 1;
    if (chunk < 28 || chunk % 32 == 0) texts.push_back(text);
    text.clear();
  }
  return texts;
}

std::vector<std::string> Corpus() {
  std::vector<std::string> texts;
  std::istringstream lines(ReadTestFile(UnpackedData("corpus/tatoeba.tsv")));
  size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (count++ % kEachLine == 0) texts.push_back(line.substr(line.find('\t') + 1));
  }
  return texts;
}

const std::vector<std::string>& TextsOf(const std::string& kind) {
  static const std::vector<std::string>& scalars = *new std::vector<std::string>(Scalars());
  static const std::vector<std::string>& strings = *new std::vector<std::string>(Strings());
  static const std::vector<std::string>& corpus = *new std::vector<std::string>(Corpus());
  return kind == "scalars" ? scalars : kind == "strings" ? strings : corpus;
}

// A tokenizer around a model whose ids are the bytes of the text.
std::unique_ptr<Tokenizer> TokenizerOf(boost::json::object document, const std::string& name) {
  boost::json::object vocab;
  for (int byte = 0; byte < 256; ++byte) vocab[fmt::format("<0x{:02X}>", byte)] = byte;
  document["model"] = {
      {"type", "BPE"}, {"byte_fallback", true}, {"vocab", vocab}, {"merges", boost::json::array()}};
  auto tokenizer = Tokenizer::Parse(boost::json::serialize(document), name);
  return tokenizer.ok() ? *std::move(tokenizer) : nullptr;
}

std::string LinesOf(const Tokenizer& tokenizer, const std::vector<std::string>& texts, size_t begin,
                    size_t end) {
  std::string lines;
  for (size_t i = begin; i < std::min(end, texts.size()); ++i) {
    std::string line;
    for (const int64_t id : Ids(tokenizer, texts[i])) line += fmt::format("{} ", id);
    if (!line.empty()) line.pop_back();
    lines += line + "\n";
  }
  return lines;
}

class PublicPatternAnswersTest : public testing::TestWithParam<std::string> {};

TEST_P(PublicPatternAnswersTest, CutAndReplaceAsTheReference) {
  std::unique_ptr<Tokenizer> tokenizer;
  for (const auto& row : ReadJsonLines(RegexDataPath("patterns.jsonl"))) {
    if (row.at("name").as_string() != GetParam()) continue;
    tokenizer = TokenizerOf(row.at("parts").as_object(), GetParam());
  }
  ASSERT_NE(tokenizer, nullptr);
  std::ifstream answers(RegexDataPath("answers.txt"));
  size_t blocks = 0;
  for (std::string line; std::getline(answers, line);) {
    std::istringstream words(line);
    std::string name;
    std::string kind;
    words >> name >> kind;
    std::string hash;
    for (size_t block = 0; name == GetParam() && words >> hash; ++block) {
      ++blocks;
      const std::string lines =
          LinesOf(*tokenizer, TextsOf(kind), block * kBlock, (block + 1) * kBlock);
      if (ShortHash(lines) == hash) continue;
      const std::string dump = testing::TempDir() + name + "." + kind + ".txt";
      std::ofstream(dump) << kind << " " << block << "\n" << lines;
      FAIL() << "to see the texts: tools/tokenizer/make_regex_answers.py show " << name << " "
             << dump;
    }
  }
  EXPECT_GT(blocks, 0U);
}

std::vector<std::string> PatternNames() {
  std::vector<std::string> names;
  for (const auto& row : ReadJsonLines(RegexDataPath("patterns.jsonl"))) {
    names.emplace_back(row.at("name").as_string());
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, PublicPatternAnswersTest, testing::ValuesIn(PatternNames()),
                         [](const auto& parameter) { return parameter.param; });

// A refusal is right; a pattern that is accepted must match as the reference does.
TEST(RandomPatternsTest, CutAsTheReferenceOrAreRefused) {
  size_t refused = 0;
  size_t count = 0;
  for (const auto& row : ReadJsonLines(RegexDataPath("random.jsonl"))) {
    const std::string pattern(row.at(0).as_string());
    const boost::json::array steps = {{{"type", "Split"},
                                       {"pattern", {{"Regex", pattern}}},
                                       {"behavior", "Isolated"},
                                       {"invert", false}},
                                      {{"type", "Metaspace"},
                                       {"replacement", "\u2581"},
                                       {"prepend_scheme", "always"},
                                       {"split", false}}};
    const auto tokenizer =
        TokenizerOf({{"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", steps}}}}, pattern);
    ++count;
    if (tokenizer == nullptr) {
      ++refused;
      continue;
    }
    const std::string lines = LinesOf(*tokenizer, TextsOf("strings"), 0, kStringsOfRandomPattern);
    EXPECT_EQ(ShortHash(lines), std::string(row.at(1).as_string())) << pattern;
  }
  EXPECT_GT(count, 1000U);
  EXPECT_LT(refused, count / 2);
}

const regex::CodeSet* SetOf(const std::string& name) {
  if (name == "\\s") return &regex::SpaceSet();
  if (name == "\\d") return &regex::DigitSet();
  if (name == "\\w") return &regex::WordSet();
  if (name == "\\h") return &regex::HexSet();
  return regex::FindNamedSet(name.substr(3, name.size() - 4));
}

TEST(RegexPropertiesTest, HaveTheReferencesScalarValues) {
  std::istringstream file(ReadTestFile(RegexDataPath("properties.txt")));
  std::string name;
  size_t count = 0;
  std::string hash;
  size_t names = 0;
  while (file >> name >> count >> hash) {
    const regex::CodeSet* set = SetOf(name);
    ASSERT_NE(set, nullptr) << name;
    std::string members;
    size_t found = 0;
    for (const auto& range : set->ranges()) {
      for (char32_t c = range.first; c <= range.last; ++c) {
        if (IsSurrogate(c)) continue;
        members += fmt::format("{}{}", found == 0 ? "" : " ", static_cast<uint32_t>(c));
        ++found;
      }
    }
    EXPECT_EQ(found, count) << name;
    EXPECT_EQ(ShortHash(members), hash) << name;
    ++names;
  }
  EXPECT_GT(names, 190U);
}

// Each was refused because of a pattern: DeBERTa-v2, BARThez and mBART as transformers 5 saves
// them.
TEST(SavedTokenizersTest, LoadAndGiveTheReferencesIds) {
  for (const auto& row : ReadJsonLines(RegexDataPath("files.jsonl"))) {
    const std::string file(row.at("file").as_string());
    const auto tokenizer = LoadPipeline(RegexDataPath(file + ".json"));
    ASSERT_NE(tokenizer, nullptr) << file;
    EXPECT_EQ(Ids(*tokenizer, row.at("text").as_string()), Numbers(row.at("ids")))
        << boost::json::serialize(row);
  }
}

}  // namespace
}  // namespace vetor
