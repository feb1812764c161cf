// Compares with frozen answers of the reference: every scalar value alone and between two letters,
// and a million random strings, through every tokenizer and every primitive; and 79,000 lines in 93
// languages through every tokenizer. The answers are in tests/data/tokenizer/answers;
// tools/tokenizer/make_answers.py made them, says what a block is, and shows the texts of a block
// that differs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
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

const std::vector<std::string>& Corpus() {
  static std::vector<std::string>& texts = *new std::vector<std::string>();
  if (!texts.empty()) return texts;
  for (const char* name : {"tatoeba.tsv", "queries.txt", "faquad.txt"}) {
    std::vector<std::string> some = CorpusTexts(name);
    EXPECT_FALSE(some.empty()) << name;
    std::move(some.begin(), some.end(), std::back_inserter(texts));
  }
  return texts;
}

// The texts of one kind, one after the other.
std::string TextOf(const std::string& kind, size_t index) {
  static const NastyStrings& strings = *new NastyStrings();
  if (kind == "scalars") return ScalarText(index);
  return kind == "corpus" ? Corpus().at(index) : strings.Make(kSeed, index);
}

// The last block of the corpus is shorter.
size_t EndOfBlock(const std::string& kind, size_t block) {
  const size_t end = (block + 1) * kBlock;
  return kind == "corpus" ? std::min(end, Corpus().size()) : end;
}

void AppendLine(const std::vector<int64_t>& ids, std::string* lines) {
  char buffer[1024];
  char* end = buffer;
  for (const int64_t id : ids) {
    end = std::to_chars(end, std::end(buffer), id).ptr;
    *end++ = ' ';
    if (std::end(buffer) - end > 24) continue;
    lines->append(buffer, end);
    end = buffer;
  }
  lines->append(buffer, end);
  if (ids.empty()) *lines += ' ';
  lines->back() = '\n';
}

void IdsOfBlock(const Tokenizer& tokenizer, const std::string& kind, size_t block,
                std::string* lines) {
  TokenSequence tokens;
  lines->clear();
  for (size_t i = block * kBlock; i < EndOfBlock(kind, block); ++i) {
    EXPECT_TRUE(tokenizer.Encode(TextOf(kind, i), {}, &tokens).ok());
    AppendLine(tokens.ids, lines);
  }
}

void CompareBlocks(const Tokenizer& tokenizer, const std::string& name, const std::string& kind,
                   size_t most_blocks = SIZE_MAX) {
  std::vector<std::string> frozen = Frozen(name, kind);
  frozen.resize(std::min(frozen.size(), most_blocks));
  ASSERT_FALSE(frozen.empty()) << "no frozen answers for " << name << " " << kind;
  size_t different = 0;
  std::string lines;
  for (size_t block = 0; block < frozen.size(); ++block) {
    IdsOfBlock(tokenizer, kind, block, &lines);
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
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  CompareBlocks(*tokenizer, GetParam(), "scalars");
  CompareBlocks(*tokenizer, GetParam(), "strings");
  CompareBlocks(*tokenizer, GetParam(), "corpus");
}

const auto kFamilyName = [](const auto& parameter) { return TestName(parameter.param); };

INSTANTIATE_TEST_SUITE_P(Families, FamilyAnswersTest, testing::ValuesIn(kFamilies), kFamilyName);

// These run under sanitizers too, where NOT_UNDER_SANITIZERS in the Makefile leaves out the suites
// above.
class FirstBlockTest : public testing::TestWithParam<const char*> {};

TEST_P(FirstBlockTest, FourThousandStringsHaveTheReferencesIds) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  CompareBlocks(*tokenizer, GetParam(), "strings", 1);
}

INSTANTIATE_TEST_SUITE_P(Families, FirstBlockTest, testing::ValuesIn(kFamilies), kFamilyName);

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
