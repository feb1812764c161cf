// Compares texts of ids with those of the reference, as tools/tokenizer/make_decoded.py froze them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "tests/support/temporary_folder.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using IdList = std::vector<int64_t>;

const std::vector<json::value>& FrozenTexts() {
  static const auto& rows = *new std::vector<json::value>(
      ReadJsonLines(std::string(VETOR_TEST_DATA_DIR) + "/tokenizer/decoded.jsonl"));
  return rows;
}

std::string Decoded(const Tokenizer& tokenizer, const IdList& ids, bool skip) {
  const Result<std::string> text = tokenizer.Decode(ids, skip);
  EXPECT_TRUE(text.ok()) << text.status().ToString();
  return text.ok() ? *text : "";
}

// Digests of blocks of texts, as the script makes them.
class Digests {
 public:
  explicit Digests(size_t block) : block_(block) {}
  void Add(const std::string& text) {
    joined_.append(text).push_back('\0');
    if (++texts_ % block_ == 0) EndBlock();
  }
  std::string Finish() {
    if (!joined_.empty()) EndBlock();
    return found_;
  }

 private:
  void EndBlock() {
    found_ += (found_.empty() ? "" : " ") + Hex(Sha256(joined_)).substr(0, 8);
    joined_.clear();
  }
  const size_t block_;
  size_t texts_ = 0;
  std::string joined_;
  std::string found_;
};

// The numbers of the script.
class Numbers64 {
 public:
  uint64_t Below(uint64_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33) % bound;
  }

 private:
  uint64_t state_ = 20261129;
};

class DecodeTest : public ::testing::TestWithParam<std::string> {
 protected:
  static const json::value& Frozen() {
    for (const json::value& row : FrozenTexts()) {
      const json::value* name = row.as_object().if_contains("tokenizer");
      if (name != nullptr && name->as_string() == GetParam()) return row;
    }
    static const json::value none;
    ADD_FAILURE() << "make_decoded.py has no row for " << GetParam();
    return none;
  }
};

TEST_P(DecodeTest, IdsOfGoldenTextsHaveTheReferencesText) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  Digests digests(512);
  for (const GoldenRow& row : GoldenRows(GetParam())) {
    for (const bool skip : {true, false}) digests.Add(Decoded(*tokenizer, row.ids, skip));
  }
  EXPECT_EQ(digests.Finish(), Frozen().at("golden").as_string());
}

TEST_P(DecodeTest, EveryIdAloneHasTheReferencesText) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  Digests digests(4096);
  for (int64_t id = 0; id < tokenizer->id_bound(); ++id) {
    digests.Add(Decoded(*tokenizer, {id}, false));
  }
  EXPECT_EQ(digests.Finish(), Frozen().at("single").as_string());
}

TEST_P(DecodeTest, RandomIdsHaveTheReferencesText) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  Digests digests(512);
  Numbers64 numbers;
  for (int i = 0; i < 2048; ++i) {
    IdList ids(1 + numbers.Below(24));
    for (int64_t& id : ids) {
      id = static_cast<int64_t>(numbers.Below(static_cast<uint64_t>(tokenizer->id_bound())));
    }
    for (const bool skip : {true, false}) digests.Add(Decoded(*tokenizer, ids, skip));
  }
  EXPECT_EQ(digests.Finish(), Frozen().at("random").as_string());
}

INSTANTIATE_TEST_SUITE_P(Families, DecodeTest,
                         ::testing::ValuesIn(std::vector<std::string>(std::begin(kFamilies),
                                                                      std::end(kFamilies))),
                         [](const auto& parameter) { return TestName(parameter.param); });

// A tokenizer of whole tokens, whose ids are their places.
Result<std::unique_ptr<Tokenizer>> WithDecoder(const json::value& decoder,
                                               const std::vector<std::string>& tokens) {
  json::object vocab;
  for (const std::string& token : tokens) vocab.emplace(token, vocab.size());
  const json::value document = {
      {"version", "1.0"},
      {"added_tokens", json::array()},
      {"decoder", decoder},
      {"model", {{"type", "WordLevel"}, {"vocab", vocab}, {"unk_token", tokens.front()}}}};
  return Tokenizer::Parse(json::serialize(document), "file.json");
}

TEST(Decoders, EachHasTheReferencesText) {
  size_t compared = 0;
  for (const json::value& row : FrozenTexts()) {
    const json::value* decoder = row.as_object().if_contains("decoder");
    if (decoder == nullptr) continue;
    ++compared;
    std::vector<std::string> tokens;
    for (const json::value& token : row.at("tokens").as_array()) {
      tokens.emplace_back(token.as_string());
    }
    tokens.emplace_back("the unknown one");
    const auto tokenizer = WithDecoder(*decoder, tokens);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    tokens.pop_back();
    IdList ids;
    for (const std::string& token : tokens) ids.push_back((*tokenizer)->TokenToId(token).value());
    EXPECT_EQ(Decoded(**tokenizer, ids, true), row.at("text").as_string())
        << json::serialize(*decoder) << json::serialize(row.at("tokens"));
  }
  EXPECT_GT(compared, 150U);
}

TEST(Decoders, AnIdWithoutATokenIsNamedWithItsPlace) {
  const auto tokenizer = WithDecoder(nullptr, {"a", "b"});
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_EQ(Decoded(**tokenizer, {0, 1}, true), "a b");
  EXPECT_EQ(Decoded(**tokenizer, {}, true), "");
  EXPECT_EQ((*tokenizer)->Decode(IdList{0, 2, 7}, true).status().message(),
            "id 2 at position 1 of 3 ids is not in the vocabulary, whose 2 tokens have ids from 0 "
            "to 1; pass ids of this tokenizer");
  for (const int64_t id : {int64_t{-1}, INT64_MIN, int64_t{1} << 31, INT64_MAX}) {
    EXPECT_EQ((*tokenizer)->Decode(IdList{id}, true).status().code(), StatusCode::kInvalidArgument);
  }
}

// The reference takes no part of such a file; here it encodes as before.
TEST(Decoders, OnlyDecodingFailsForADecoderThatIsNotKnown) {
  const std::pair<const char*, const char*> decoders[] = {
      {R"({"type":"Backwards"})", "file.json: decoder: decoder \"Backwards\" is not one that"},
      {R"({"type":"WordPiece","prefix":"##"})", "decoder.cleanup: this key is missing"},
      {R"({"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Nope"}]})",
       "decoder.decoders[1]: decoder \"Nope\""},
      {R"({"type":"Strip","content":"ab","start":1,"stop":0})", "expected one character"},
      {R"({"type":"Replace","pattern":{"Regex":"(a)\\1"},"content":""})", "regular expression"},
      {R"({"type":"Metaspace","replacement":"_","prepend_scheme":"sometimes"})", "\"always\""},
      {"7", "expected an object"}};
  for (const auto& [decoder, message] : decoders) {
    const auto tokenizer = WithDecoder(json::parse(decoder), {"a", "b"});
    ASSERT_TRUE(tokenizer.ok()) << decoder << tokenizer.status().ToString();
    EXPECT_EQ(Ids(**tokenizer, "b"), IdList{1});
    EXPECT_THAT((*tokenizer)->Decode(IdList{0}, true).status().message(), HasSubstr(message));
  }
}

TEST(Decoders, AHostileReplacementIsBounded) {
  const json::string content(1 << 16, 'x');
  const json::value once = {
      {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", content}};
  const auto tokenizer = WithDecoder(once, {"a", "b"});
  ASSERT_TRUE(tokenizer.ok());
  const Status status = (*tokenizer)->Decode(IdList(1 << 16, 0), true).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("eight times"));
}

// Byte-level tokens keep every byte; <mask> takes the space before it.
TEST(Decoders, ByteLevelGivesEveryTextBack) {
  const auto tokenizer = LoadPipeline(FindTokenizer("roberta-base"));
  ASSERT_NE(tokenizer, nullptr);
  size_t compared = 0;
  for (const std::string& text : GoldenTexts()) {
    if (text.find("<mask>") != std::string::npos) continue;
    ++compared;
    const IdList ids = Ids(*tokenizer, text);
    EXPECT_EQ(Decoded(*tokenizer, {ids.begin() + 1, ids.end() - 1}, false), text);
  }
  EXPECT_GT(compared, 2000U);
}

// Without a tokenizer.json, transformers makes the decoder of the class.
TEST(Decoders, EachVocabularyFileHasThatOfItsClass) {
  const TemporaryFolder folder;
  const auto words = Tokenizer::Load(
      folder.Write("words/vocab.txt", "[UNK]\n[CLS]\n[SEP]\nhello\n##s\nsao\n,\n!\n"));
  ASSERT_TRUE(words.ok()) << words.status().ToString();
  EXPECT_EQ(Decoded(**words, Ids(**words, "Hellos, S\xC3\xA3o!"), true), "hellos, sao!");
  folder.Write("merges/merges.txt", "#version: 0.2\n\xC3\x83 \xC2\xA3\n");
  const auto merges = Tokenizer::Load(
      folder.Write("merges/vocab.json",
                   "{\"<s>\":0,\"</s>\":1,\"<unk>\":2,\"a\":3,\"\xC3\x83\":4,\"\xC2\xA3\":5,"
                   "\"\xC3\x83\xC2\xA3\":6,\"\xC4\xA0\":7}"));
  ASSERT_TRUE(merges.ok()) << merges.status().ToString();
  EXPECT_EQ(Decoded(**merges, Ids(**merges, "a \xC3\xA3"), true), "a \xC3\xA3");
}

}  // namespace
}  // namespace vetor
