#include "exporter/folder/tokenizer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TokenizerFilesTest : public ::testing::Test {
 protected:
  TokenizerFilesTest() { folder_.Write("in/tokenizer.json", R"({"added_tokens":[]})"); }
  Status Write() {
    return WriteTokenizerFiles({folder_ / "in", folder_ / "in", 512}, folder_ / "out", &warnings_);
  }
  json::value Out(const std::string& name) {
    return ReadJsonFile(folder_ / ("out/" + name)).value();
  }
  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

TEST_F(TokenizerFilesTest, WhatIsCompleteStaysAsItIs) {
  const char* config = R"({"model_max_length":128,"pad_token":"<pad>","x":[1]})";
  folder_.Write("in/tokenizer_config.json", config);
  folder_.Write("in/special_tokens_map.json", R"({"pad_token": "<pad>"})");
  folder_.Write("in/sentence_bert_config.json", R"({"max_seq_length":128,"do_lower_case":true})");
  for (const char* name :
       {"vocab.txt", "merges.txt", "added_tokens.json", "sentencepiece.bpe.model"}) {
    folder_.Write(std::string("in/") + name, name);
  }
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Out("tokenizer_config.json"), json::parse(config));
  EXPECT_EQ(ReadFile(folder_ / "out/special_tokens_map.json").value(), R"({"pad_token": "<pad>"})");
  EXPECT_EQ(Out("sentence_bert_config.json"),
            json::parse(R"({"max_seq_length":128,"do_lower_case":true})"));
  for (const char* name :
       {"vocab.txt", "merges.txt", "added_tokens.json", "sentencepiece.bpe.model"}) {
    EXPECT_EQ(ReadFile(folder_ / (std::string("out/") + name)).value(), name);
  }
  EXPECT_THAT(warnings_, IsEmpty());
}

// fastembed needs these files, and a source may lack them.
TEST_F(TokenizerFilesTest, WhatIsMissingIsWritten) {
  folder_.Write("in/tokenizer_config.json",
                R"({"model_max_length":1000000000000000019884624838656,
                    "pad_token":{"__type":"AddedToken","content":"[PAD]","lstrip":false},
                    "mask_token":{"__type":"AddedToken","content":"[MASK]","lstrip":true},
                    "cls_token":"[CLS]","bos_token":null})");
  folder_.Write("in/modules.json", "[]");
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Out("tokenizer_config.json").at("model_max_length"), 512);
  EXPECT_EQ(Out("tokenizer_config.json").at("pad_token"), "[PAD]");
  EXPECT_EQ(Out("special_tokens_map.json"), json::parse(R"({"pad_token":"[PAD]","cls_token":"[CLS]",
                            "mask_token":{"content":"[MASK]","lstrip":true}})"));
  EXPECT_EQ(Out("sentence_bert_config.json"),
            json::parse(R"({"max_seq_length":512,"do_lower_case":false})"));
}

// A max_seq_length that cannot be meant is ignored, as it is when a model is loaded.
TEST_F(TokenizerFilesTest, ALengthThatCannotBeMeantIsNotWritten) {
  for (const char* length : {"-1", "9223372036854775807", "1000001"}) {
    folder_.Write("in/sentence_bert_config.json",
                  std::string(R"({"max_seq_length":)") + length + "}");
    ASSERT_TRUE(Write().ok());
    EXPECT_EQ(Out("sentence_bert_config.json").at("max_seq_length"), 512) << length;
    EXPECT_EQ(Out("tokenizer_config.json").at("model_max_length"), 512) << length;
  }
}

TEST_F(TokenizerFilesTest, ThePadTokenIsFoundInTheTokenizer) {
  folder_.Write("in/tokenizer.json", R"({"padding":{"pad_token":"<p>"}})");
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Out("tokenizer_config.json").at("pad_token"), "<p>");
  folder_.Write("in/tokenizer.json", R"({"padding":null,"added_tokens":[{"content":"<pad>"}]})");
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Out("tokenizer_config.json").at("pad_token"), "<pad>");
  EXPECT_FALSE(fs::exists(folder_ / "out/sentence_bert_config.json"));  // There is no modules.json.
}

TEST_F(TokenizerFilesTest, TheSentenceConfigOfAnyFamilyCounts) {
  folder_.Write("in/sentence_xlm-roberta_config.json", R"({"max_seq_length":77})");
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Out("sentence_bert_config.json").at("max_seq_length"), 77);
  EXPECT_EQ(Out("tokenizer_config.json").at("model_max_length"), 77);
}

TEST_F(TokenizerFilesTest, WithoutTokenizerJsonOthersAreWarnedAbout) {
  fs::remove(folder_ / "in/tokenizer.json");
  EXPECT_EQ(Write().code(), StatusCode::kNotFound);
  folder_.Write("in/vocab.txt", "[PAD]\n");
  ASSERT_TRUE(Write().ok());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("fastembed")));
}

TEST_F(TokenizerFilesTest, OtherLoadersCutWhereSentenceTransformersDoes) {
  folder_.Write("in/tokenizer.json", "{}");
  folder_.Write("in/tokenizer_config.json", R"({"model_max_length":512})");
  folder_.Write("in/sentence_bert_config.json", R"({"max_seq_length":256,"do_lower_case":false})");
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Out("tokenizer_config.json").at("model_max_length"), 256);
}

}  // namespace
}  // namespace vetor
