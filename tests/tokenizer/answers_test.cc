// Every scalar value, alone and between two letters, and a million random strings through every
// shared tokenizer and every primitive, against frozen answers of the reference
// (tests/data/tokenizer/answers, made by tools/tokenizer/make_answers.py, which says what a block
// is and shows the texts of a block that differs).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tests/tokenizer/nasty_strings.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

constexpr uint64_t kSeed = 20250711;
constexpr size_t kBlock = 4096;
constexpr char32_t kSurrogates = 0xD800;
constexpr char32_t kSurrogateCount = 0x800;

std::string DataPath(const std::string& name) {
  return std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/" + name;
}

// Hashes of all blocks of one kind.
std::vector<std::string> Frozen(const std::string& name, const std::string& wanted_kind) {
  std::ifstream file(DataPath("answers/" + name + ".txt"));
  std::vector<std::string> hashes;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    for (std::string hash; kind == wanted_kind && words >> hash;) hashes.push_back(hash);
  }
  return hashes;
}

std::string ScalarText(size_t index) {
  char32_t c = static_cast<char32_t>(index / 2);
  if (c >= kSurrogates) c += kSurrogateCount;
  std::string text;
  AppendUtf8(c, &text);
  return index % 2 == 0 ? text : "a" + text + "b";
}

std::string IdsOfBlock(const Tokenizer& tokenizer, const std::string& kind, size_t block) {
  static const NastyStrings& strings = *new NastyStrings();
  std::string lines;
  TokenSequence tokens;
  for (size_t i = block * kBlock; i < (block + 1) * kBlock; ++i) {
    const std::string text = kind == "scalars" ? ScalarText(i) : strings.Make(kSeed, i);
    EXPECT_TRUE(tokenizer.Encode(text, {}, &tokens).ok());
    lines += fmt::format("{}\n", fmt::join(tokens.ids, " "));
  }
  return lines;
}

void CompareBlocks(const Tokenizer& tokenizer, const std::string& name, const std::string& kind,
                   size_t most_blocks = SIZE_MAX) {
  std::vector<std::string> frozen = Frozen(name, kind);
  frozen.resize(std::min(frozen.size(), most_blocks));
  ASSERT_FALSE(frozen.empty()) << "no frozen answers for " << name << " " << kind;
  size_t different = 0;
  for (size_t block = 0; block < frozen.size(); ++block) {
    const std::string lines = IdsOfBlock(tokenizer, kind, block);
    if (Hex(Sha256(lines)).substr(0, 8) == frozen[block]) continue;
    if (++different > 1) continue;
    const std::string dump = testing::TempDir() + name + "." + kind + ".txt";
    std::ofstream(dump) << name << " " << kind << " " << block << "\n" << lines;
    ADD_FAILURE() << "block " << block << " of " << kind << " differs; to see its texts: "
                  << "tools/tokenizer/make_answers.py show TOKENIZERS_DIR " << dump;
  }
  EXPECT_EQ(different, 0U) << "of " << frozen.size() << " blocks of " << kind;
}

class FamilyAnswersTest : public testing::TestWithParam<const char*> {};

TEST_P(FamilyAnswersTest, ScalarsAndStringsHaveTheReferencesIds) {
  const std::filesystem::path file = FindTokenizer(GetParam());
  if (file.empty()) GTEST_SKIP() << WithoutTokenizer(GetParam());
  const auto tokenizer = LoadPipeline(file);
  ASSERT_NE(tokenizer, nullptr);
  CompareBlocks(*tokenizer, GetParam(), "scalars");
  CompareBlocks(*tokenizer, GetParam(), "strings");
}

const auto kFamilies = testing::Values(
    "all-minilm-l6-v2", "bert-multilingual-uncased", "all-mpnet-base-v2", "xlm-roberta-wssplit",
    "xlm-roberta-metaspace", "t5-small", "roberta-base", "modernbert");
const auto kFamilyName = [](const auto& parameter) { return TestName(parameter.param); };

INSTANTIATE_TEST_SUITE_P(Families, FamilyAnswersTest, kFamilies, kFamilyName);

// What runs under sanitizers too (tests/builds/CMakeLists.txt leaves out the suites above).
class FirstBlockTest : public testing::TestWithParam<const char*> {};

TEST_P(FirstBlockTest, FourThousandStringsHaveTheReferencesIds) {
  const std::filesystem::path file = FindTokenizer(GetParam());
  if (file.empty()) GTEST_SKIP() << WithoutTokenizer(GetParam());
  const auto tokenizer = LoadPipeline(file);
  ASSERT_NE(tokenizer, nullptr);
  CompareBlocks(*tokenizer, GetParam(), "strings", 1);
}

INSTANTIATE_TEST_SUITE_P(Families, FirstBlockTest, kFamilies, kFamilyName);

// The parts of a tokenizer.json around a model whose ids are the bytes of the text.
boost::json::object WithByteModel(const boost::json::object& parts) {
  boost::json::object vocab;
  for (int byte = 0; byte < 256; ++byte) vocab[fmt::format("<0x{:02X}>", byte)] = byte;
  boost::json::object document = parts;
  document["model"] = {
      {"type", "BPE"}, {"byte_fallback", true}, {"vocab", vocab}, {"merges", boost::json::array()}};
  return document;
}

std::vector<std::string> PrimitiveNames() {
  std::vector<std::string> names;
  for (const auto& row : ReadJsonLines(DataPath("primitives.jsonl"))) {
    names.emplace_back(row.at("name").as_string());
  }
  return names;
}

class PrimitiveAnswersTest : public testing::TestWithParam<std::string> {};

TEST_P(PrimitiveAnswersTest, ScalarsAndStringsHaveTheReferencesBytes) {
  for (const auto& row : ReadJsonLines(DataPath("primitives.jsonl"))) {
    if (row.at("name").as_string() != GetParam()) continue;
    const auto document = WithByteModel(row.at("parts").as_object());
    const auto tokenizer = Tokenizer::Parse(boost::json::serialize(document), GetParam());
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    CompareBlocks(**tokenizer, GetParam(), "scalars");
    CompareBlocks(**tokenizer, GetParam(), "strings");
  }
}

INSTANTIATE_TEST_SUITE_P(All, PrimitiveAnswersTest, testing::ValuesIn(PrimitiveNames()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace vetor
