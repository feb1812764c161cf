// Every way to name a model's tokenizer gives the ids that the model sees.
#include "engine/model_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "engine/open_engine.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ModelTokenizerTest : public ::testing::Test {
 protected:
  // tiny-bert, whose sentence_bert_config.json says what its tokenizer.json does not.
  void SetUp() override {
    const fs::path model = testing::TestData("model/tiny-bert");
    for (const auto& entry : fs::directory_iterator(model)) {
      fs::copy(entry.path(), folder_ / entry.path().filename().string(),
               fs::copy_options::recursive);
    }
    fs::remove(folder_ / "sentence_bert_config.json");
    std::ofstream(folder_ / "sentence_bert_config.json")
        << R"({"max_seq_length": 12, "do_lower_case": true})";
  }

  static std::vector<int64_t> Ids(const Tokenizer& tokenizer, size_t max_length) {
    TokenSequence tokens;
    const Status status = tokenizer.Encode("GP de SÃO PAULO, Interlagos, round 21 of 24, on Sunday",
                                           {.max_length = max_length}, &tokens);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return tokens.ids;
  }

  std::vector<int64_t> IdsOf(const ModelConfig& model) {
    const auto named = OpenNamedTokenizer(model);
    EXPECT_TRUE(named.ok()) << named.status().ToString();
    return named.ok() ? Ids(*named->tokenizer, named->max_length) : std::vector<int64_t>();
  }

  TemporaryFolder folder_;
};

TEST_F(ModelTokenizerTest, TheFolderItsGraphAndAFolderWithoutGraphGiveTheModelsIds) {
  const auto model = ReadNamedModel({.path = folder_.path().string()});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto tokenizer = OpenTokenizer(*model);
  ASSERT_TRUE(tokenizer.ok());
  const std::vector<int64_t> expected = Ids(**tokenizer, 12);
  EXPECT_EQ(expected.size(), 12u);

  EXPECT_EQ(IdsOf({.path = folder_.path().string()}), expected);
  EXPECT_EQ(IdsOf({.path = (folder_ / "model.onnx").string()}), expected);
  fs::remove(folder_ / "model.onnx");
  EXPECT_EQ(IdsOf({.path = folder_.path().string()}), expected);
}

// A program has a path and need not know what kind of file lies there.
TEST_F(ModelTokenizerTest, APathAloneOpensWhatLiesThere) {
  const auto ids = [](const Result<ModelTokenizer>& opened) {
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    return opened.ok() ? Ids(*opened->tokenizer, opened->max_length) : std::vector<int64_t>();
  };
  const std::string folder = folder_.path().string();
  const std::vector<int64_t> expected = IdsOf({.path = folder});
  EXPECT_EQ(ids(OpenTokenizer(folder)), expected);
  EXPECT_EQ(ids(OpenTokenizer((folder_ / "model.onnx").string())), expected);
  EmbeddingsConfig config;
  config.model.path = folder;
  EXPECT_EQ(ids(OpenTokenizer(config)), expected);
  config.model.max_length = 5;
  EXPECT_EQ(OpenTokenizer(config)->max_length, 5u);
  const auto file = OpenTokenizer((folder_ / "tokenizer.json").string());
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ(file->max_length, 0u);
  EXPECT_EQ(OpenTokenizer(std::string()).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(ModelTokenizerTest, AFileAloneHasNoMaximum) {
  const auto named = OpenNamedTokenizer({.tokenizer_path = (folder_ / "tokenizer.json").string()});
  ASSERT_TRUE(named.ok()) << named.status().ToString();
  EXPECT_EQ(named->max_length, 0u);
}

TEST_F(ModelTokenizerTest, AMissingTokenizerIsNamed) {
  EXPECT_EQ(OpenTokenizer("").status().message(),
            "no tokenizer is named; expected a model folder in ai.onnx.model_path, or a tokenizer "
            "file in ai.onnx.tokenizer_path");
  fs::remove(folder_ / "tokenizer.json");
  fs::remove(folder_ / "vocab.txt");
  const auto alone = FindTokenizerAlone({}, folder_.path());
  EXPECT_EQ(alone.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(alone.status().message(), HasSubstr("there is no tokenizer in"));
}

// Guards against "no .onnx file" for a folder whose vocabulary has an unusual name.
TEST_F(ModelTokenizerTest, AVocabularyUnderAnotherNameIsNamed) {
  for (const char* name : {"model.onnx", "tokenizer.json", "vocab.txt"}) fs::remove(folder_ / name);
  folder_.Write("other.model", "x");
  EXPECT_THAT(OpenNamedTokenizer({.path = folder_.path().string()}).status().message(),
              AllOf(HasSubstr("there is no tokenizer in"), HasSubstr("found other.model"),
                    HasSubstr("(ai.onnx.tokenizer_path)")));
}

// The message was "no ONNX graph ... vetor export", although ids need no graph.
TEST_F(ModelTokenizerTest, AFolderWithWeightsAndNoKnownVocabularySaysWhatItHas) {
  for (const char* name : {"model.onnx", "tokenizer.json"}) fs::remove(folder_ / name);
  folder_.Write("model.safetensors", "x");
  const auto said = [&] { return OpenNamedTokenizer({.path = folder_.path().string()}).status(); };
  EXPECT_EQ(said().code(), StatusCode::kNotFound);
  EXPECT_THAT(said().message(),
              AllOf(HasSubstr("there is no tokenizer in"), Not(HasSubstr("ONNX graph"))));
  folder_.Write("words.txt", "[UNK]");
  EXPECT_THAT(said().message(), HasSubstr("found words.txt"));
}

TEST_F(ModelTokenizerTest, AFolderInPlaceOfATokenizerFileSaysWhatFoldersAreFor) {
  const std::string folder = folder_.path().string();
  for (const Status& status :
       {OpenNamedTokenizer({.tokenizer_path = folder}).status(),
        FindTokenizerAlone(folder, {}).status(),
        ReadNamedModel({.path = folder, .tokenizer_path = folder}).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("is a directory"), HasSubstr("the folder in ai.onnx.model_path")));
  }
}

// Guards against the advice to raise max_length, which the graph's length then refused.
TEST_F(ModelTokenizerTest, AGraphTooShortForTheSpecialTokensIsNamed) {
  auto model = ReadNamedModel({.path = folder_.path().string()});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  model->fixed_length = 3;
  EXPECT_TRUE(OpenTokenizer(*model).ok());
  for (const int length : {2, 1}) {
    model->fixed_length = length;
    const Status status = OpenTokenizer(*model).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("the graph has the fixed length " + std::to_string(length)),
                      HasSubstr("are 2, so that nothing would be left of a text"),
                      HasSubstr("expected at least 3"), HasSubstr("free length")));
  }
}

// All texts got the vector of the special tokens, and the only hint was "cut at 2 tokens".
TEST_F(ModelTokenizerTest, AMaximumThatLeavesNothingOfATextIsRefused) {
  for (const int length : {1, 2}) {
    const auto model = ReadNamedModel({.path = folder_.path().string(), .max_length = length});
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    const auto tokenizer = OpenTokenizer(*model);
    ASSERT_TRUE(tokenizer.ok());
    const Status status = CheckRoomForText(*model, **tokenizer);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), AllOf(HasSubstr("max_length is " + std::to_string(length)),
                                        HasSubstr("expected at least 3")));
  }
  const auto model = ReadNamedModel({.path = folder_.path().string(), .max_length = 3});
  ASSERT_TRUE(model.ok());
  EXPECT_TRUE(CheckRoomForText(*model, **OpenTokenizer(*model)).ok());
}

}  // namespace
}  // namespace vetor
