// Files that are damaged, hostile or not supported are refused with an error that names the key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/base64.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

using testing::HasSubstr;

struct Refusal {
  const char* name;
  std::string json;
  StatusCode code;
  const char* message;  // a part of the message
};

std::string Document(const std::string& members) { return R"({"version":"1.0",)" + members + "}"; }

constexpr char kWordLevel[] = R"("model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}})";

std::string WithWordLevel(const std::string& members) {
  return Document(members + "," + kWordLevel);
}

std::string Unigram(const std::string& members) {
  return Document(R"("model":{"type":"Unigram",)" + members + "}");
}

std::string Bpe(const std::string& members) {
  return Document(R"("model":{"type":"BPE",)" + members + "}");
}

std::string DeepSequence(size_t depth) {
  std::string json;
  for (size_t i = 0; i < depth; ++i) json += R"({"type":"Sequence","normalizers":[)";
  return json;
}

std::vector<Refusal> RefusedDocuments() {
  const StatusCode invalid = StatusCode::kInvalidArgument;
  const StatusCode unknown = StatusCode::kUnimplemented;
  return {
      {"empty_file", "", invalid, "not valid JSON"},
      {"not_an_object", "[]", invalid, "expected an object"},
      {"no_model", "{}", invalid, "model: this key is missing"},
      {"null_model", R"({"model":null})", invalid, "model"},
      {"version", R"({"version":"2.0"})", invalid, "version: expected \"1.0\", found \"2.0\""},
      {"unknown_model", Document(R"("model":{"type":"Magic","vocab":{}})"), unknown,
       "model \"Magic\""},
      {"unknown_normalizer", WithWordLevel(R"("normalizer":{"type":"Rot13"})"), unknown,
       "normalizer: normalizer \"Rot13\""},
      {"unknown_in_sequence",
       WithWordLevel(R"("normalizer":{"type":"Sequence","normalizers":[{"type":"Rot13"}]})"),
       unknown, "normalizer.normalizers[0]"},
      {"unknown_pre_tokenizer", WithWordLevel(R"("pre_tokenizer":{"type":"X"})"), unknown,
       "pre-tokenizer \"X\""},
      {"unknown_post_processor", WithWordLevel(R"("post_processor":{"type":"X"})"), unknown,
       "post-processor \"X\""},
      {"unknown_regex",
       WithWordLevel(R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},)"
                     R"("behavior":"Isolated","invert":false})"),
       unknown, "pre_tokenizer.pattern.Regex: regular expression \"(a\""},
      {"unknown_regex_has_a_remedy",
       WithWordLevel(R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},)"
                     R"("behavior":"Isolated","invert":false})"),
       unknown, "please report it with the file's name"},
  };
}

std::vector<Refusal> RefusedComponents() {
  const StatusCode invalid = StatusCode::kInvalidArgument;
  return {
      {"wrong_type", WithWordLevel(R"("normalizer":{"type":"Strip","strip_left":1})"), invalid,
       "normalizer.strip_left: expected true or false, found 1"},
      {"fixed_length_zero", WithWordLevel(R"("pre_tokenizer":{"type":"FixedLength","length":0})"),
       invalid, "pre_tokenizer.length"},
      {"fixed_length_negative",
       WithWordLevel(R"("pre_tokenizer":{"type":"FixedLength","length":-5})"), invalid,
       "pre_tokenizer.length"},
      {"metaspace_two_characters",
       WithWordLevel(R"("pre_tokenizer":{"type":"Metaspace","replacement":"ab"})"), invalid,
       "replacement: expected one character"},
      {"metaspace_contradiction",
       WithWordLevel(R"("pre_tokenizer":{"type":"Metaspace","replacement":"_",)"
                     R"("add_prefix_space":false,"prepend_scheme":"always"})"),
       invalid, "add_prefix_space"},
      {"charsmap_not_base64",
       WithWordLevel(R"("normalizer":{"type":"Precompiled","precompiled_charsmap":"!!!!"})"),
       invalid, "precompiled_charsmap: this is not base64"},
      {"charsmap_truncated",
       WithWordLevel(
           R"("normalizer":{"type":"Precompiled","precompiled_charsmap":"/////wAAAAA="})"),
       invalid, "precompiled_charsmap: the trie"},
      {"charsmap_empty",
       WithWordLevel(R"("normalizer":{"type":"Precompiled","precompiled_charsmap":""})"), invalid,
       "precompiled_charsmap"},
  };
}

// A charsmap that maps "a" to the replacement that begins at `value`.
std::string Charsmap(uint32_t value, std::string_view replacements) {
  std::vector<uint32_t> units(513);
  units[0] = 256 << 10;
  units[256 + 'a'] = 'a' | 1U << 8 | (512 ^ (256 + 'a')) << 10;
  units[512] = 1U << 31 | value;
  const auto size = static_cast<uint32_t>(units.size() * sizeof units[0]);
  std::string charsmap(sizeof size + size, '\0');
  std::memcpy(charsmap.data(), &size, sizeof size);
  std::memcpy(charsmap.data() + sizeof size, units.data(), size);
  return charsmap.append(replacements);
}

std::string WithCharsmap(uint32_t value, std::string_view replacements) {
  return Document(R"("normalizer":{"type":"Precompiled","precompiled_charsmap":")" +
                  EncodeBase64(Charsmap(value, replacements)) +
                  R"("},"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["b",-1]]})");
}

// If the bytes began no character, every later stage read and wrote outside of its buffers.
std::vector<Refusal> RefusedCharsmaps() {
  const StatusCode invalid = StatusCode::kInvalidArgument;
  const std::string_view replacements("\xC3\xA9\0", 3);
  return {
      {"charsmap_into_a_character", WithCharsmap(1, replacements), invalid,
       "normalizer.precompiled_charsmap: a unit of the trie gives the replacement at byte 1, which "
       "begins no character"},
      {"charsmap_past_the_replacements", WithCharsmap(3, replacements), invalid,
       "gives the replacement at byte 3, but there are 3 bytes of replacements"},
      {"charsmap_cut_character", WithCharsmap(0, std::string_view("\xC3\0", 2)), invalid,
       "the replacements are not valid UTF-8"},
  };
}

// A file of a megabyte must not need gigabytes when a text is encoded.
std::vector<Refusal> RefusedTemplates() {
  std::string ids = "0";
  for (int i = 0; i < 1024; ++i) ids += ",0";
  const std::string special = R"({"SpecialToken":{"id":"a","type_id":0}})";
  const std::string sequence = R"({"Sequence":{"id":"A","type_id":0}})";
  std::string parts = sequence;
  for (int i = 0; i < 64; ++i) parts += "," + sequence;
  const auto document = [](const std::string& single, const std::string& some_ids) {
    return WithWordLevel(R"("post_processor":{"type":"TemplateProcessing","single":[)" + single +
                         R"(],"pair":[],"special_tokens":{"a":{"ids":[)" + some_ids + "]}}}");
  };
  return {{"template_of_many_parts", document(parts, "0"), StatusCode::kInvalidArgument,
           "post_processor.single: 65 parts, expected at most 64"},
          {"template_of_many_ids", document(special, ids), StatusCode::kInvalidArgument,
           "post_processor.single: 1025 special tokens, expected at most 1024"}};
}

std::vector<Refusal> RefusedVocabularies() {
  const StatusCode invalid = StatusCode::kInvalidArgument;
  return {
      {"word_level_unknown_missing",
       Document(R"("model":{"type":"WordLevel","unk_token":"b","vocab":{"a":0}})"), invalid,
       "unk_token"},
      {"word_piece_unknown_missing",
       Document(R"("model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":)"
                R"("##","max_input_chars_per_word":100,"vocab":{"a":0}})"),
       invalid, "unk_token \"[UNK]\" is not in vocab"},
      {"empty_vocabulary", Document(R"("model":{"type":"WordLevel","unk_token":"a","vocab":{}})"),
       invalid, "unk_token"},
      {"negative_id", Document(R"("model":{"type":"WordLevel","unk_token":"a","vocab":{"a":-1}})"),
       invalid, "model.vocab[\"a\"]: expected a whole number from 0"},
      {"huge_id",
       Document(R"("model":{"type":"WordLevel","unk_token":"a","vocab":{"a":4294967295}})"),
       invalid, "model.vocab[\"a\"]"},
      {"id_twice",
       Document(R"("model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0,"b":0}})"), invalid,
       "already belongs to another token"},
      {"token_twice",
       Document(R"("model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0,"a":1}})"), invalid,
       "\"a\" occurs twice"},
      {"unigram_empty", Unigram(R"("unk_id":0,"vocab":[])"), invalid, "model.vocab"},
      {"unigram_token_twice", Unigram(R"("unk_id":0,"vocab":[["a",-1.0],["a",-2.0]])"), invalid,
       "model.vocab: a token occurs twice"},
      {"unigram_unknown_out_of_range", Unigram(R"("unk_id":7,"vocab":[["a",-1.0]])"), invalid,
       "model.unk_id: expected a whole number from 0 to 0, found 7"},
      {"unigram_unknown_missing", Unigram(R"("vocab":[["a",-1.0]])"), invalid, "unk_id"},
      {"unigram_nan", Unigram(R"("unk_id":0,"vocab":[["a",NaN]])"), invalid, "not valid JSON"},
      {"unigram_infinite", Unigram(R"("unk_id":0,"vocab":[["a",1e999]])"), invalid, ""},
      {"unigram_score_missing", Unigram(R"("unk_id":0,"vocab":[["a"]])"), invalid,
       "model.vocab: element 0"},
  };
}

std::vector<Refusal> RefusedMergesAndTokens() {
  const StatusCode invalid = StatusCode::kInvalidArgument;
  const StatusCode unknown = StatusCode::kUnimplemented;
  return {
      {"bpe_merge_missing", Bpe(R"("vocab":{"a":0,"b":1},"merges":["a b"])"), invalid,
       "model.merges: merge 0: \"ab\" is not in vocab"},
      {"bpe_merge_malformed", Bpe(R"("vocab":{"a":0},"merges":[["a"]])"), invalid,
       "model.merges: merge 0"},
      {"bpe_dropout", Bpe(R"("dropout":0.1,"vocab":{"a":0},"merges":[])"), unknown, "dropout"},
      {"added_token_flag_missing", WithWordLevel(R"("added_tokens":[{"id":0,"content":"x"}])"),
       invalid, "added_tokens[0].single_word: this key is missing"},
      {"template_token_missing",
       WithWordLevel(R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":)"
                     R"({"id":"[X]","type_id":0}}],"pair":[],"special_tokens":{}})"),
       invalid, "post_processor.special_tokens.[X]"},
      {"special_id_out_of_range",
       WithWordLevel(R"("post_processor":{"type":"BertProcessing","sep":["s",5],"cls":["c",0]})"),
       invalid, "special token 5"},
      {"template_second_in_single",
       WithWordLevel(R"("post_processor":{"type":"TemplateProcessing","single":[{"Sequence":)"
                     R"({"id":"B","type_id":0}}],"pair":[],"special_tokens":{}})"),
       invalid, "post_processor.single[0]"},
  };
}

std::vector<Refusal> Refusals() {
  std::vector<Refusal> all;
  for (const auto& some : {RefusedDocuments(), RefusedComponents(), RefusedCharsmaps(),
                           RefusedTemplates(), RefusedVocabularies(), RefusedMergesAndTokens()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

class RefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, NamesTheKey) {
  const auto tokenizer = Tokenizer::Parse(GetParam().json, "file.json");
  ASSERT_FALSE(tokenizer.ok());
  EXPECT_EQ(tokenizer.status().code(), GetParam().code) << tokenizer.status().ToString();
  EXPECT_THAT(tokenizer.status().message(), HasSubstr(GetParam().message));
  EXPECT_THAT(tokenizer.status().message(), HasSubstr("file.json"));
}

INSTANTIATE_TEST_SUITE_P(All, RefusalTest, testing::ValuesIn(Refusals()),
                         [](const auto& parameter) { return parameter.param.name; });

// This is not a case of RefusalTest, because its 33 MB would be made whenever this program starts.
TEST(HostileFilesTest, DeepJsonIsRefused) {
  const auto tokenizer =
      Tokenizer::Parse(WithWordLevel(R"("normalizer":)" + DeepSequence(1000000)), "file.json");
  EXPECT_EQ(tokenizer.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(tokenizer.status().message(), HasSubstr("levels"));
  EXPECT_THAT(tokenizer.status().message(), HasSubstr("file.json"));
}

TEST(HostileFilesTest, EveryHostileTokenizerIsRefused) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(UnpackedData("hostile"))) {
    if (!entry.path().filename().string().starts_with("tokenizer_")) continue;
    ++files;
    EXPECT_FALSE(Tokenizer::Load(entry.path()).ok()) << entry.path();
  }
  EXPECT_GE(files, 11U);
}

// A text that ends in half a code point was read beyond its end.
TEST(EncodeTest, ATextThatIsNotUtf8IsRefused) {
  for (const char* family : kFamilies) {
    const auto tokenizer = LoadPipeline(FindTokenizer(family));
    ASSERT_NE(tokenizer, nullptr);
    for (const char* text : {"\xFF", "race \xC3", "\xE2\x82", "\xF0\x9F\x8F", "\xED\xA0\x80"}) {
      TokenSequence tokens;
      const Status refused = tokenizer->Encode(text, {}, &tokens);
      EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument) << family;
      EXPECT_THAT(refused.message(), HasSubstr("not valid UTF-8 at byte"));
      EXPECT_TRUE(tokens.ids.empty());
      EXPECT_FALSE(tokenizer->EncodeWindows(text, std::nullopt, {.offsets = true}).ok());
      EXPECT_FALSE(tokenizer->EncodeWindows("race", text, {}).ok());
    }
  }
}

TEST(EncodeTest, MaxLengthWithoutRoomForSpecialTokensIsRefused) {
  const auto tokenizer = Tokenizer::Parse(
      WithWordLevel(R"("post_processor":{"type":"BertProcessing","sep":["a",0],"cls":["a",0]})"),
      "file.json");
  ASSERT_TRUE(tokenizer.ok());
  TokenSequence tokens;
  EncodeOptions options;
  options.max_length = 1;
  EXPECT_EQ((*tokenizer)->Encode("a", options, &tokens).code(), StatusCode::kInvalidArgument);
  options.max_length = 2;
  ASSERT_TRUE((*tokenizer)->Encode("a", options, &tokens).ok());
  EXPECT_TRUE(tokens.truncated);
  EXPECT_EQ(tokens.ids, (std::vector<int64_t>{0, 0}));
  options.max_length = 3;
  ASSERT_TRUE((*tokenizer)->Encode("a", options, &tokens).ok());
  EXPECT_FALSE(tokens.truncated);
}

}  // namespace
}  // namespace vetor
