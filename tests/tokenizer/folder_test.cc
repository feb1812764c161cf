// The files beside a tokenizer decide as they do in transformers 4.57.6. Compares with frozen ids
// of whole folders (tools/tokenizer/make_folder_cases.py), and checks the notes on what another
// file decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/base64.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The first case is the beginning of all others.
const std::vector<json::value>& Cases() {
  static const auto* const cases =
      new std::vector<json::value>(ReadJsonLines(testing::TestData("tokenizer/folders.jsonl")));
  return *cases;
}

std::vector<size_t> Numbers() {
  std::vector<size_t> numbers;
  for (size_t i = 1; i < Cases().size(); ++i) numbers.push_back(i);
  return numbers;
}

std::string Text(const json::value& content) {
  return content.is_string() ? std::string(content.get_string()) : json::serialize(content);
}

// Sets the value that the pointer "/a/b" names.
void SetAt(std::string_view pointer, const json::value& value, json::value* document) {
  const size_t end = std::min(pointer.find('/', 1), pointer.size());
  json::value& member = document->as_object()[pointer.substr(1, end - 1)];
  if (end == pointer.size()) {
    member = value;
  } else {
    SetAt(pointer.substr(end), value, &member);
  }
}

// Writes the folder of a case; returns the tokenizer file.
fs::path WriteCase(const json::object& folder, const TemporaryFolder& target) {
  fs::path tokenizer = target / "vocab.txt";
  if (const json::value* name = folder.if_contains("json")) {
    json::value document = Cases()[0].at("json").at(name->as_string());
    if (const json::value* changes = folder.if_contains("set")) {
      for (const auto& change : changes->as_object()) {
        SetAt(change.key(), change.value(), &document);
      }
    }
    tokenizer = target.Write("tokenizer.json", json::serialize(document));
  }
  if (const json::value* name = folder.if_contains("model")) {
    const auto bytes = DecodeBase64(Cases()[0].at("model").at(name->as_string()).as_string());
    tokenizer = target.Write(Text(folder.at("as")), *bytes);
  }
  if (const json::value* files = folder.if_contains("files")) {
    for (const auto& file : files->as_object()) {
      const fs::path written = target.Write(file.key(), Text(file.value()));
      if (file.key() == "vocab.json") tokenizer = written;
    }
  }
  return tokenizer;
}

class FolderCaseTest : public ::testing::TestWithParam<size_t> {};

TEST_P(FolderCaseTest, GivesTheIdsOfTransformers) {
  const json::object& folder = Cases()[GetParam()].as_object();
  const TemporaryFolder target;
  const auto tokenizer = Tokenizer::Load(WriteCase(folder, target));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  for (const json::value& row : folder.at("rows").as_array()) {
    const std::string text(row.at(0).as_string());
    EXPECT_EQ(Ids(**tokenizer, text), vetor::Numbers(row.at(1))) << text;
    TokenSequence cut;
    ASSERT_TRUE((*tokenizer)->Encode(text, {.max_length = 5}, &cut).ok());
    EXPECT_EQ(cut.ids, vetor::Numbers(row.at(2))) << text;
    if (row.as_array().size() < 4) continue;
    TokenSequence whole;
    ASSERT_TRUE((*tokenizer)->Encode(text, {}, &whole).ok());
    EXPECT_EQ(whole.type_ids, vetor::Numbers(row.at(3))) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, FolderCaseTest, ::testing::ValuesIn(Numbers()),
                         [](const auto& parameter) {
                           return TestName(Text(Cases()[parameter.param].at("name")));
                         });

class FolderTest : public ::testing::Test {
 protected:
  fs::path Write(const char* base, const char* config) {
    folder_.Write("tokenizer_config.json", config);
    return folder_.Write("tokenizer.json", json::serialize(Cases()[0].at("json").at(base)));
  }
  FolderNotes NotesOf(const char* base, const char* config) {
    const auto tokenizer = Tokenizer::Load(Write(base, config));
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    return tokenizer.ok() ? (*tokenizer)->notes() : FolderNotes();
  }
  static Status Error(const fs::path& path) { return Tokenizer::Load(path).status(); }
  TemporaryFolder folder_;
};

TEST_F(FolderTest, SaysWhichFileDecided) {
  const FolderNotes notes =
      NotesOf("bert", R"({"tokenizer_class":"BertTokenizer","do_lower_case":false,)"
                      R"("truncation_side":"left","added_tokens_decoder":{"22":{"content":"x"}}})");
  EXPECT_THAT(notes.differences, IsEmpty());
  EXPECT_THAT(
      notes.decided,
      ElementsAre(AllOf(HasSubstr("tokenizer_config.json: truncation_side is \"left\""),
                        HasSubstr("tokenizer.json has direction \"Right\"")),
                  AllOf(HasSubstr("tokenizer_config.json: do_lower_case is false"),
                        HasSubstr("tokenizer.json has lowercase true")),
                  HasSubstr("tokenizer_config.json: added_tokens_decoder adds or changes \"x\"")));
}

TEST_F(FolderTest, SaysWhenAnAbsentKeyDecided) {
  folder_.Write("config.json", R"({"model_type":"bert"})");
  const FolderNotes notes = NotesOf("bert", "{}");
  EXPECT_THAT(notes.decided, IsEmpty());
  json::value cased = Cases()[0].at("json").at("bert");
  SetAt("/normalizer/lowercase", false, &cased);
  folder_.Write("tokenizer.json", json::serialize(cased));
  const auto tokenizer = Tokenizer::Load(folder_ / "tokenizer.json");
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_THAT((*tokenizer)->notes().decided,
              ElementsAre(HasSubstr("do_lower_case is true for a BertTokenizer whose")));
}

TEST_F(FolderTest, WhatAgreesIsNotNoted) {
  for (const auto& [base, config] :
       {std::pair("bert", R"({"tokenizer_class":"BertTokenizer","do_lower_case":true})"),
        std::pair("roberta", R"({"tokenizer_class":"RobertaTokenizer","mask_token":"<mask>"})")}) {
    const FolderNotes notes = NotesOf(base, config);
    EXPECT_THAT(notes.decided, IsEmpty()) << base;
    EXPECT_THAT(notes.differences, IsEmpty()) << base;
    EXPECT_THAT(notes.possible_differences, IsEmpty()) << base;
  }
}

// Guards against a warning for most XLM-R models, whose ids are the same in both versions.
TEST_F(FolderTest, WhereTransformers5BuildsAClassAnewIdsMayDiffer) {
  for (const auto& [base, name] :
       {std::pair("albert", "AlbertTokenizer"), std::pair("deberta", "DebertaV2Tokenizer"),
        std::pair("t5", "T5Tokenizer"), std::pair("xlmr", "XLMRobertaTokenizer"),
        std::pair("llama", "LlamaTokenizer")}) {
    const std::string config = std::string(R"({"tokenizer_class":")") + name + R"("})";
    const FolderNotes notes = NotesOf(base, config.c_str());
    EXPECT_THAT(notes.possible_differences,
                ElementsAre(AllOf(HasSubstr("tokenizer.json: for a "), HasSubstr(name),
                                  HasSubstr("transformers 5 does not read"))))
        << name;
    EXPECT_THAT(notes.differences, IsEmpty()) << name;
  }
}

TEST_F(FolderTest, WarnsWhereOnlyTransformers4AddsTheEnd) {
  const FolderNotes notes =
      NotesOf("llama", R"({"tokenizer_class":"GemmaTokenizer","bos_token":"<s>",)"
                       R"("eos_token":"</s>","add_eos_token":true})");
  EXPECT_THAT(notes.differences,
              ::testing::Contains(AllOf(HasSubstr("tokenizer_config.json: by add_bos_token"),
                                        HasSubstr("\"<s> A </s>\""), HasSubstr("\"<s> A\""))));
}

// The ids of tokenizer.json were given without a message, although the reference builds others.
TEST_F(FolderTest, WhatMakesTransformers4BuildPegasusAnewIsSaid) {
  for (const char* key : {"pad_token", "eos_token", "unk_token"}) {
    const std::string name = std::string(R"({"tokenizer_class":"PegasusTokenizer",")") + key;
    EXPECT_THAT(NotesOf("t5", (name + R"(":"<x>"})").c_str()).differences,
                Contains(AllOf(HasSubstr(key), HasSubstr("build a PegasusTokenizer anew"))));
  }
  EXPECT_THAT(
      NotesOf("t5", R"({"tokenizer_class":"PegasusTokenizer","mask_token":"<x>"})").differences,
      IsEmpty());
}

TEST_F(FolderTest, ClassesWithATextSplitterOfTheirOwnAreRefusedByName) {
  for (const char* name : {"BertJapaneseTokenizer", "RoFormerTokenizer", "RoFormerTokenizerFast"}) {
    const std::string config = std::string(R"({"tokenizer_class":")") + name + R"("})";
    const fs::path tokenizer = Write("bert", config.c_str());
    folder_.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n");
    for (const fs::path& file : {tokenizer, folder_ / "vocab.txt"}) {
      EXPECT_EQ(Error(file).code(), StatusCode::kUnimplemented) << name;
      EXPECT_THAT(Error(file).message(), HasSubstr(std::string(name).substr(0, 17)));
    }
  }
}

TEST_F(FolderTest, OtherReadersOfAVocabularyAreRefusedByName) {
  folder_.Write("tokenizer_config.json", R"({"tokenizer_class":"BertweetTokenizer"})");
  const fs::path vocab = folder_.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n");
  EXPECT_EQ(Error(vocab).code(), StatusCode::kUnimplemented);
  EXPECT_THAT(Error(vocab).message(), HasSubstr("BertweetTokenizer"));
}

TEST_F(FolderTest, WhatAFileSaysWronglyIsNamed) {
  for (const auto& [config, message] :
       {std::pair(R"({"tokenizer_class":"BertTokenizer","do_lower_case":"yes"})", "do_lower_case"),
        std::pair(R"({"tokenizer_class":"BertTokenizer","truncation_side":"up"})",
                  "expected \"left\" or \"right\""),
        std::pair(R"({"added_tokens_decoder":[]})", "added_tokens_decoder: expected an object"),
        std::pair(R"({"added_tokens_decoder":{"x":{"content":"a"}}})", "found \"x\""),
        std::pair(R"({"added_tokens_decoder":{"7":{}}})",
                  "added_tokens_decoder: \"7\": expected a token: a string"),
        std::pair(R"({"tokenizer_class":"LlamaTokenizer","bos_token":null})",
                  "there is no bos_token"),
        std::pair(R"({"tokenizer_class":"MBart50Tokenizer","src_lang":"xx"})",
                  "src_lang: expected a language of mBART-50 such as \"en_XX\", found \"xx\""),
        std::pair(R"({"tokenizer_class":"NllbTokenizer","eos_token":null})",
                  "puts the eos_token around every text, found none; name one"),
        std::pair("[]", "expected a JSON object"), std::pair("{", "tokenizer_config.json")}) {
    const Status error = Error(Write("bert", config));
    EXPECT_EQ(error.code(), StatusCode::kInvalidArgument) << config;
    EXPECT_THAT(error.message(), AllOf(HasSubstr("tokenizer_config.json"), HasSubstr(message)));
  }
}

// A message names the file that has the entry, the entry, what was expected and found, and the
// remedy. special_tokens_map.json used to be called tokenizer_config.json.
TEST_F(FolderTest, AnEntryIsNamedInItsFile) {
  struct Row {
    const char* file;
    const char* content;
    const char* message;
  };
  for (const auto& [file, content, message] : {
           Row{"added_tokens.json", R"({"x":"y"})",
               ": \"x\": expected a token's id, found a string"},
           Row{"special_tokens_map.json", R"({"mask_token":7})", ": mask_token: expected a token"},
           Row{"special_tokens_map.json", R"({"additional_special_tokens":[7]})",
               ": additional_special_tokens: expected a token"},
           Row{"special_tokens_map.json", R"({"additional_special_tokens":"x"})",
               ": additional_special_tokens: expected a list of tokens, found a string"},
           Row{"tokenizer_config.json", R"({"additional_special_tokens":[{}]})",
               ": additional_special_tokens: expected a token"},
           Row{"tokenizer_config.json", R"({"cls_token":[]})", ": cls_token: expected a token"},
           Row{"tokenizer_config.json", R"({"extra_special_tokens":{"a":1}})",
               ": extra_special_tokens: \"a\": expected a token"},
           Row{"tokenizer_config.json", R"({"extra_special_tokens":"a"})",
               ": extra_special_tokens: expected an object of names and tokens, found a string"},
           Row{"tokenizer_config.json",
               R"({"added_tokens_decoder":{"1":{"content":"a","lstrip":2}}})",
               ": added_tokens_decoder: \"1\": \"lstrip\" must be true or false, found a number"},
           Row{"tokenizer_config.json", R"({"tokenizer_class":7})",
               ": \"tokenizer_class\" must be a string, found a number"},
           Row{"config.json", R"({"model_type":"bert)", ": not valid JSON at line 1"},
       }) {
    Write("bert", "{}");
    fs::remove(folder_ / "added_tokens.json");
    fs::remove(folder_ / "special_tokens_map.json");
    const std::string path = folder_.Write(file, content).string();
    const Status error = Error(folder_ / "tokenizer.json");
    EXPECT_EQ(error.code(), StatusCode::kInvalidArgument) << content;
    EXPECT_THAT(error.message(),
                AllOf(::testing::StartsWith(path + message), HasSubstr("; correct ")))
        << content;
  }
}

// A class cuts text with another program; the error names the file and key that name the class.
TEST_F(FolderTest, TheSourceOfTheClassIsNamed) {
  Write("bert", "{}");
  folder_.Write("config.json", R"({"tokenizer_class":"BertJapaneseTokenizer"})");
  EXPECT_THAT(
      Error(folder_ / "tokenizer.json").message(),
      AllOf(::testing::StartsWith((folder_ / "config.json").string() + ": tokenizer_class:"),
            HasSubstr("MeCab"), HasSubstr("use a model of another class")));
}

// Whatever stands in these files, the result is a tokenizer or an error that names one of them.
TEST_F(FolderTest, AnyValueOfAnyKeyIsReadOrRefused) {
  const char* const values[] = {"null",
                                "true",
                                "-1",
                                "1e300",
                                "\"\"",
                                "\"x\"",
                                "[]",
                                "{}",
                                "[1]",
                                "[{}]",
                                "{\"1\":1}",
                                "[null,\"x\"]",
                                R"({"content":1})",
                                R"({"1":{"content":"","special":1}})"};
  int refused = 0;
  for (const auto& [base, name] : {std::pair("llama", "LlamaTokenizer"),
                                   std::pair("t5", "T5Tokenizer"), std::pair("xlmr", "Unknown")}) {
    const std::string document = json::serialize(Cases()[0].at("json").at(base));
    folder_.Write("tokenizer.json", document);
    for (const char* key :
         {"do_lower_case", "truncation_side", "add_prefix_space", "added_tokens_decoder",
          "bos_token", "mask_token", "additional_special_tokens", "extra_ids", "add_eos_token",
          "tokenizer_class", "split_special_tokens", "extra_special_tokens"}) {
      for (const char* value : values) {
        const std::string member = std::string("\"") + key + "\":" + value;
        const std::string named = std::string("\"tokenizer_class\":\"") + name + "\",";
        const bool is_class = std::string_view(key) == "tokenizer_class";
        folder_.Write("tokenizer_config.json", "{" + (is_class ? "" : named) + member + "}");
        folder_.Write("special_tokens_map.json", "{" + member + "}");
        const auto tokenizer = Tokenizer::Load(folder_ / "tokenizer.json");
        if (tokenizer.ok()) {
          EXPECT_FALSE(Ids(**tokenizer, "a b").empty());
          continue;
        }
        ++refused;
        EXPECT_THAT(tokenizer.status().message(), HasSubstr(folder_.path().string())) << member;
      }
    }
  }
  EXPECT_GT(refused, 50);
}

// No program would find a file with another name beside these.
TEST_F(FolderTest, AJsonWithAnotherNameStandsAlone) {
  const fs::path json =
      Write("bert", R"({"tokenizer_class":"BertTokenizer","do_lower_case":false})");
  fs::rename(json, folder_ / "other.json");
  const auto tokenizer = Tokenizer::Load(folder_ / "other.json");
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_EQ(Ids(**tokenizer, "HELLO"), (std::vector<int64_t>{2, 5, 3}));
}

// StaticEmbedding of sentence-transformers calls only Tokenizer.from_file.
TEST_F(FolderTest, AFileAloneIsReadWithItsTruncationAndWithoutSpecialTokens) {
  const fs::path path =
      Write("bert", R"({"tokenizer_class":"BertTokenizer","do_lower_case":false})");
  json::object document = Cases()[0].at("json").at("bert").as_object();
  document["truncation"] = {
      {"direction", "Left"}, {"max_length", 3}, {"strategy", "LongestFirst"}, {"stride", 0}};
  folder_.Write("tokenizer.json", json::serialize(document));
  const auto alone = Tokenizer::Load(path, {.file_alone = true});
  ASSERT_TRUE(alone.ok()) << alone.status().ToString();
  EXPECT_EQ(Ids(**alone, "HELLO"), (std::vector<int64_t>{5}));
  EXPECT_EQ((*alone)->declared_max_length(), 3U);
  EXPECT_TRUE((*alone)->keeps_end());
  const auto beside = Tokenizer::Load(path);
  ASSERT_TRUE(beside.ok()) << beside.status().ToString();
  EXPECT_EQ((*beside)->declared_max_length(), 0U);
}

// Such a file gave the ids of whole texts, although the reference gives none or fails on long
// texts.
TEST_F(FolderTest, ATruncationThatCutsNoTextIsRefusedInAFileAlone) {
  const fs::path path = Write("bert", "{}");
  for (const auto& [key, value, words] :
       {std::tuple<const char*, json::value, const char*>("max_length", 0, "max_length"),
        {"max_length", -1, "max_length"},
        {"strategy", "OnlySecond", "\"LongestFirst\" or \"OnlyFirst\", which can cut a"},
        {"strategy", "Other", "strategy"},
        {"stride", 3, "stride"}}) {
    json::object document = Cases()[0].at("json").at("bert").as_object();
    document["truncation"] = {
        {"direction", "Left"}, {"max_length", 3}, {"strategy", "OnlyFirst"}, {"stride", 2}};
    folder_.Write("tokenizer.json", json::serialize(document));
    EXPECT_TRUE(Tokenizer::Load(path, {.file_alone = true}).ok()) << key;
    document["truncation"].as_object()[key] = value;
    folder_.Write("tokenizer.json", json::serialize(document));
    const Status refused = Tokenizer::Load(path, {.file_alone = true}).status();
    EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument) << json::serialize(value);
    EXPECT_THAT(refused.message(), AllOf(HasSubstr("truncation"), HasSubstr(words)));
    EXPECT_TRUE(Tokenizer::Load(path).ok()) << "beside other files it counts nothing";
  }
}

TEST_F(FolderTest, AByteOrderMarkIsSkippedInEveryFile) {
  const std::string mark = "\xEF\xBB\xBF";
  folder_.Write("tokenizer_config.json",
                mark + R"({"tokenizer_class":"BertTokenizer","do_lower_case":false})");
  folder_.Write("added_tokens.json", mark + R"({"[NEW]":22})");
  const std::string document = json::serialize(Cases()[0].at("json").at("bert"));
  const auto tokenizer = Tokenizer::Load(folder_.Write("tokenizer.json", mark + document));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  // The file lowercases and its configuration does not, so the added token is looked for in
  // lowercase.
  EXPECT_EQ(Ids(**tokenizer, "Hello[new]"), (std::vector<int64_t>{2, 16, 22, 3}));
  fs::remove(folder_ / "added_tokens.json");
  const auto vocab = Tokenizer::Load(
      folder_.Write("vocab.txt", mark + "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nHello\n"));
  ASSERT_TRUE(vocab.ok()) << vocab.status().ToString();
  EXPECT_EQ(Ids(**vocab, "Hello [PAD]"), (std::vector<int64_t>{2, 5, 0, 3}));
}

TEST_F(FolderTest, SplittingAndExtraTokensAreSaidAndDifferInNothing) {
  const FolderNotes notes =
      NotesOf("bert", R"({"tokenizer_class":"BertTokenizer","split_special_tokens":true,)"
                      R"("extra_special_tokens":{"image_token":"<i>"}})");
  EXPECT_THAT(notes.differences, IsEmpty());
  EXPECT_THAT(notes.decided, ElementsAre(HasSubstr("extra_special_tokens adds or changes \"<i>\""),
                                         HasSubstr("split_special_tokens is true")));
  const FolderNotes empty =
      NotesOf("bert", R"({"tokenizer_class":"BertTokenizer","split_special_tokens":false,)"
                      R"("extra_special_tokens":{}})");
  EXPECT_THAT(empty.decided, IsEmpty());
  EXPECT_THAT(empty.differences, IsEmpty());
}

TEST_F(FolderTest, ALanguageThatDecidedIsSaid) {
  const FolderNotes notes =
      NotesOf("xlmr", R"({"tokenizer_class":"MBartTokenizer","src_lang":"de_DE"})");
  EXPECT_THAT(notes.decided, Contains(AllOf(HasSubstr("tokenizer_config.json: by src_lang"),
                                            HasSubstr("becomes \"A </s> de_DE\""),
                                            HasSubstr("makes \"<s> A </s>\""))));
}

// The class is refused by name, with a remedy: transformers makes a tokenizer.json of some classes,
// and has only Python code for others.
TEST_F(FolderTest, AVocabularyOfAnotherClassHasARemedy) {
  constexpr const char* kNone = "can make no tokenizer.json of it; choose a model that has one";
  constexpr const char* kSome = "which save_pretrained of the tokenizer writes in Python";
  for (const auto& [config, name, remedy] :
       {std::tuple(R"({"model_type":"esm"})", "EsmTokenizer", kNone),
        std::tuple(R"({"model_type":"canine"})", "CanineTokenizer", kNone),
        std::tuple(R"({"model_type":"layoutlmv2"})", "LayoutLMv2Tokenizer", kSome),
        std::tuple(R"({"tokenizer_class":"MyTokenizer"})", "MyTokenizer",
                   "put the model's tokenizer.json beside it")}) {
    folder_.Write("config.json", config);
    for (const char* file : {"vocab.txt", "vocab.json"}) {
      const Status error = Error(folder_.Write(file, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n"));
      EXPECT_EQ(error.code(), StatusCode::kUnimplemented) << name;
      EXPECT_THAT(error.message(), AllOf(HasSubstr(folder_.path().string()), HasSubstr(file),
                                         HasSubstr(name), HasSubstr(remedy)));
    }
  }
}

// transformers 5 writes a list under this key; 4.57 expects an object.
TEST_F(FolderTest, ExtraTokensAsAListAreAdditionalOnes) {
  const auto tokenizer = Tokenizer::Load(
      Write("bert", R"({"tokenizer_class":"BertTokenizer","extra_special_tokens":["<i>","foo"]})"));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ(Ids(**tokenizer, "a<i>foo"), (std::vector<int64_t>{2, 7, 22, 20, 3}));
}

// The rules pass their findings on in keys of the document, which no file may set itself.
TEST_F(FolderTest, KeysOfTheRulesInAFileCountNothing) {
  json::value document = Cases()[0].at("json").at("bert");
  document.as_object()["vetor:split_special_tokens"] = true;
  document.as_object()["vetor:tokens_of_folder"] = {"hello", 0};
  document.as_object()["vetor:added_tokens_normalizer"] = "none";
  for (const char* name : {"tokenizer.json", "other.json"}) {
    const auto tokenizer = Tokenizer::Load(folder_.Write(name, json::serialize(document)));
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    EXPECT_EQ(Ids(**tokenizer, "helloa[MASK]"), (std::vector<int64_t>{2, 5, 10, 4, 3}));
  }
}

TEST_F(FolderTest, LowercasingIsLeftToATokenizerThatDoesIt) {
  const char* cased = R"({"tokenizer_class":"BertTokenizer","do_lower_case":false})";
  for (const char* config : {R"({"tokenizer_class":"BertTokenizer"})", cased}) {
    const auto tokenizer = Tokenizer::Load(Write("bert", config), {.do_lower_case = true});
    ASSERT_TRUE(tokenizer.ok());
    EXPECT_EQ(Ids(**tokenizer, "HELLO S\xC3\xA3o"), config == cased
                                                        ? (std::vector<int64_t>{2, 5, 19, 3})
                                                        : (std::vector<int64_t>{2, 5, 12, 3}));
  }
}

// A text whose end is kept has as many tokens as one whose beginning is kept, in the order of the
// text.
TEST_F(FolderTest, WhatIsCutOnTheLeftIsTheEndOfTheWhole) {
  const auto tokenizer = Tokenizer::Load(
      Write("bert", R"({"tokenizer_class":"BertTokenizer","truncation_side":"left"})"));
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_TRUE((*tokenizer)->keeps_end());
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a b c hello ";
  const std::vector<int64_t> whole = Ids(**tokenizer, text + "world");
  for (const size_t length : {2U, 3U, 100U, 4003U, 4004U}) {
    TokenSequence cut;
    ASSERT_TRUE((*tokenizer)->Encode(text + "world", {.max_length = length}, &cut).ok());
    std::vector<int64_t> expected = {2};
    expected.insert(expected.end(),
                    whole.end() - static_cast<ptrdiff_t>(std::min(length, whole.size()) - 1),
                    whole.end());
    EXPECT_EQ(cut.ids, expected) << length;
    EXPECT_EQ(cut.truncated, length < whole.size());
  }
}

}  // namespace
}  // namespace vetor
