// The parts of a long text give the tokens of the whole, a thread frees the memory that it took for
// them, and no file makes a text grow without end.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "os/cpu.h"
#include "os/machine.h"
#include "tests/tokenizer/nasty_strings.h"
#include "tests/tokenizer/test_files.h"
#include "tokenizer/tokenizer_json.h"

namespace vetor {
namespace {

std::string TestDataPath(const std::string& name) {
  return std::string(VETOR_TEST_DATA_DIR) + "/" + name;
}

// Words and spaces stand among anything else, so that nearly every text has several places to cut.
std::string TextWithWords(uint64_t index) {
  static const NastyStrings& strings = *new NastyStrings();
  std::string text;
  for (uint64_t i = 0; i < 4; ++i) {
    text += strings.Make(7, index * 4 + i);
    text += i % 2 == 0 ? "the RACES of 12 " : "a b";
  }
  return text;
}

Encoding Whole(const Pipeline& tokenizer, std::string_view text) {
  WindowOptions options;
  options.offsets = true;
  auto encoding = tokenizer.EncodeWindows(text, std::nullopt, options);
  EXPECT_TRUE(encoding.ok()) << encoding.status().ToString();
  return encoding.ok() ? *std::move(encoding) : Encoding();
}

// The output of a tokenizer for a text: ids and places of the whole, and the ids of at most four
// tokens.
struct Made {
  std::vector<int64_t> ids;
  std::vector<int64_t> places;
  std::vector<int64_t> start;
  bool operator==(const Made&) const = default;
};

std::vector<Made> MadeOf(Pipeline* tokenizer, size_t least_part, size_t texts) {
  tokenizer->least_part = least_part;
  std::vector<Made> made(texts);
  for (size_t i = 0; i < texts; ++i) {
    const std::string text = TextWithWords(i);
    made[i].ids = Ids(*tokenizer, text);
    const Encoding whole = Whole(*tokenizer, text);
    EXPECT_EQ(whole.ids, made[i].ids);
    for (const TokenOffsets& range : whole.offsets) {
      made[i].places.push_back(static_cast<int64_t>(range.begin));
      made[i].places.push_back(static_cast<int64_t>(range.end));
    }
    EncodeOptions options;
    options.max_length = 4;
    TokenSequence start;
    EXPECT_TRUE(tokenizer->Encode(text, options, &start).ok());
    made[i].start = start.ids;
    made[i].start.push_back(start.truncated ? 1 : 0);
  }
  return made;
}

void ExpectPartsGiveTheWhole(Pipeline* tokenizer, size_t texts) {
  const std::vector<Made> at_once = MadeOf(tokenizer, SIZE_MAX, texts);
  const std::vector<Made> in_parts = MadeOf(tokenizer, 1, texts);
  for (size_t i = 0; i < texts; ++i) ASSERT_TRUE(in_parts[i] == at_once[i]) << TextWithWords(i);
}

std::unique_ptr<Pipeline> FromDocument(const boost::json::value& document) {
  auto parts = ParseParts(JsonNode(document, ""));
  EXPECT_TRUE(parts.ok()) << parts.status().ToString();
  return parts.ok() ? std::make_unique<Pipeline>(*std::move(parts), false) : nullptr;
}

class PartsOfFamilyTest : public ::testing::TestWithParam<const char*> {};

TEST_P(PartsOfFamilyTest, GiveTheTokensOfTheWhole) {
  std::filesystem::path file = TestDataPath(fmt::format("fuzz/tokenizers/{}.json", GetParam()));
  if (!std::filesystem::exists(file)) file = FindTokenizer(GetParam());
  const auto tokenizer = LoadPipeline(file, false);
  ASSERT_NE(tokenizer, nullptr);
  ExpectPartsGiveTheWhole(tokenizer.get(), 3000);
}

INSTANTIATE_TEST_SUITE_P(Families, PartsOfFamilyTest,
                         ::testing::Values("all-minilm-l6-v2", "all-mpnet-base-v2", "t5-small",
                                           "xlm-roberta-wssplit", "xlm-roberta-metaspace",
                                           "roberta-base", "modernbert", "gemma", "qwen", "unigram",
                                           "word_level"),
                         [](const auto& parameter) { return TestName(parameter.param); });

// Every normalizer runs before a cut at whitespace, and every pre-tokenizer.
TEST(PartsTest, OfEveryPrimitiveGiveTheTokensOfTheWhole) {
  boost::json::object vocab;
  for (int byte = 0; byte < 256; ++byte) vocab[fmt::format("<0x{:02X}>", byte)] = byte;
  for (const auto& row : ReadJsonLines(TestDataPath("tokenizer/primitives.jsonl"))) {
    SCOPED_TRACE(row.at("name").as_string());
    boost::json::object document = row.at("parts").as_object();
    document["model"] = {{"type", "BPE"},
                         {"byte_fallback", true},
                         {"vocab", vocab},
                         {"merges", boost::json::array()}};
    const boost::json::value* pre_tokenizer = document.if_contains("pre_tokenizer");
    if (pre_tokenizer == nullptr || pre_tokenizer->is_null()) {
      document["pre_tokenizer"] = {{"type", "WhitespaceSplit"}};
    }
    ExpectPartsGiveTheWhole(FromDocument(document).get(), 1000);
  }
}

class LetGoTest : public ::testing::TestWithParam<const char*> {};

// A text of 50 MB left 1.4 GB in its thread for ever.
TEST_P(LetGoTest, AThreadFreesTheBuffersOfALongText) {
  const auto tokenizer =
      LoadPipeline(TestDataPath(fmt::format("fuzz/tokenizers/{}.json", GetParam())));
  ASSERT_NE(tokenizer, nullptr);
  (void)Whole(*tokenizer, "warm");
  constexpr uint64_t kMegabyte = 1 << 20;
  const auto held = [] {
    ReleaseFreeMemory();
    return ReadMemoryUse().resident_bytes;
  };
  const uint64_t before = held();
  if (before == 0) GTEST_SKIP() << "this system does not say how much memory a process has";
  // One word, with a place for each byte, takes more than a hundred megabytes meanwhile.
  (void)Whole(*tokenizer, std::string(kMegabyte, 'a'));
  EXPECT_LT(held(), before + 8 * kMegabyte);
  TokenSequence tokens;
  EncodeOptions options;
  options.max_length = 16;
  ASSERT_TRUE(tokenizer->Encode(std::string(2 * kMegabyte, 'a'), options, &tokens).ok());
  EXPECT_LT(tokens.ids.capacity(), 1024U);
  EXPECT_LT(held(), before + 8 * kMegabyte);
}

INSTANTIATE_TEST_SUITE_P(Families, LetGoTest, ::testing::Values("unigram", "qwen", "gemma"));

std::unique_ptr<Pipeline> TenTimes(int steps) {
  boost::json::array normalizers;
  for (int i = 0; i < steps; ++i) {
    normalizers.push_back(
        {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aaaaaaaaaa"}});
  }
  return FromDocument(
      {{"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
       {"model", {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", {{"?", 0}}}}}});
}

// Thirty lines of a file turned one letter into 10^30 bytes.
TEST(PartsTest, AFileThatMakesTextsGrowWithoutEndGetsAnError) {
  TokenSequence tokens;
  ASSERT_TRUE(TenTimes(5)->Encode("a", {}, &tokens).ok());
  const auto hostile = TenTimes(30);
  const Status status = hostile->Encode("a text", {}, &tokens);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("a text of 6 bytes"));
  EXPECT_EQ(hostile->EncodeWindows("b", "a", {}).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(hostile->Encode("b", {}, &tokens).ok()) << "a text that does not grow";
}

}  // namespace
}  // namespace vetor
