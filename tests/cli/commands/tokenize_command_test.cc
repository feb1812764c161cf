#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/model_under_test.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TokenizeCommandTest : public FolderFixture {
 protected:
  // A vocabulary of four tokens and those that BERT puts around a text.
  std::string WriteTokenizer() const {
    return WriteFile("tokenizer.json", R"({
      "version": "1.0", "truncation": null, "padding": null,
      "added_tokens": [
        {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true},
        {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true},
        {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true}],
      "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                     "strip_accents": null, "lowercase": true},
      "pre_tokenizer": {"type": "BertPreTokenizer"},
      "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
      "decoder": null,
      "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "grand": 3, "prix": 4, "##s": 5}}})");
  }
};

TEST_F(TokenizeCommandTest, IdsOfATokenizerFileAlone) {
  const auto result =
      RunVetor({"tokenize", "--model", WriteTokenizer()}, "Grand Prix\n\nprixs x\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"ids\":[1,3,4,2]}\n{\"ids\":[1,2]}\n{\"ids\":[1,4,5,0,2]}\n");
  EXPECT_THAT(result.err, HasSubstr("3 texts, 11 tokens"));
}

// The flag was not read without --model, and not beside a folder without a graph.
TEST_F(TokenizeCommandTest, ATokenizerPathWorksAlone) {
  const std::string tokenizer = WriteTokenizer();
  const auto alone = RunVetor({"tokenize", "--tokenizer-path", tokenizer}, "Grand Prix\n");
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_EQ(alone.out, "{\"ids\":[1,3,4,2]}\n");
  EXPECT_EQ(RunVetor({"tokenize"}, "prix\n", {"VETOR_AI_ONNX_TOKENIZER_PATH=" + tokenizer}).out,
            "{\"ids\":[1,4,2]}\n");
  const auto cut =
      RunVetor({"tokenize", "--tokenizer-path", tokenizer, "--max-length", "3"}, "prix prix\n");
  EXPECT_EQ(cut.out, "{\"ids\":[1,4,2]}\n");

  WriteFile("other.json", ReadBytes(VETOR_TEST_DATA_DIR "/model/tiny-bert/tokenizer.json"));
  EXPECT_EQ(
      RunVetor({"tokenize", "--model", Path("other.json"), "--tokenizer-path", tokenizer}, "prix\n")
          .out,
      "{\"ids\":[1,4,2]}\n");
  std::filesystem::create_directories(Path("no-graph"));
  const auto folder = RunVetor(
      {"tokenize", "--model", Path("no-graph"), "--tokenizer-path", tokenizer, "-q"}, "prix\n");
  EXPECT_EQ(folder.out, "{\"ids\":[1,4,2]}\n") << folder.err;
  EXPECT_EQ(folder.err, "");

  const auto missing = RunVetor({"tokenize", "--tokenizer-path", Path("none.json")}, "a\n");
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.err, HasSubstr("none.json"));
}

// Guards against a model of the environment or of a file that stops a user who names a tokenizer.
TEST_F(TokenizeCommandTest, ATokenizerPathWorksBesideSettingsOfAMissingModel) {
  const std::string tokenizer = WriteTokenizer();
  WriteFile("config.json", R"({"ai": {"onnx": {"model_path": "/no/such/model"}}})");
  const std::vector<std::string> flag = {"tokenize", "-q", "--tokenizer-path", tokenizer};
  std::vector<std::string> with_file = flag;
  with_file.insert(with_file.end(), {"--config", Path("config.json")});
  for (const auto& result : {RunVetor(flag, "prix\n", {"VETOR_AI_ONNX_MODEL_PATH=/no/such/model"}),
                             RunVetor(flag, "prix\n", {"VETOR_AI_ONNX_MODEL_PATH=no/such-model"}),
                             RunVetor(with_file, "prix\n")}) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "{\"ids\":[1,4,2]}\n");
    EXPECT_EQ(result.err, "");
  }
  std::vector<std::string> named = flag;
  named.insert(named.end(), {"--model", "/no/such/model"});
  EXPECT_EQ(RunVetor(named, "prix\n").exit_code, 2);
}

// A model with 64 positions gave rows of 70 tokens, and no line said so.
TEST_F(TokenizeCommandTest, AMaximumBeyondTheModelsPositionsIsWarnedOf) {
  std::filesystem::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", Path("model"),
                        std::filesystem::copy_options::recursive);
  const std::vector<std::string> asked = {"tokenize", "--model", Path("model"), "--max-length",
                                          "70"};
  EXPECT_THAT(RunVetor(asked, "race\n").err, HasSubstr("positions for 64 tokens"));
  for (const char* graph : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
    std::filesystem::remove(Path("model/") + graph);
  }
  const auto result = RunVetor(asked, "race\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("the model itself takes at most 64 tokens"));
  EXPECT_THAT(RunVetor({"tokenize", "--model", Path("model"), "--max-length", "64"}, "race\n").err,
              Not(HasSubstr("warning")));
}

TEST_F(TokenizeCommandTest, WithoutSpecialTokensAndCut) {
  const std::string tokenizer = WriteTokenizer();
  EXPECT_EQ(RunVetor({"tokenize", "--model", tokenizer, "--no-special-tokens"}, "grand prix\n").out,
            "{\"ids\":[3,4]}\n");
  const auto cut = RunVetor({"tokenize", "--model", tokenizer, "--max-length", "3"}, "prix prix\n");
  EXPECT_EQ(cut.out, "{\"ids\":[1,4,2]}\n");
}

TEST_F(TokenizeCommandTest, ShowsTokensAndTheirBytes) {
  const std::string tokenizer = WriteTokenizer();
  const auto shown =
      RunVetor({"tokenize", "--model", tokenizer, "--show-tokens"}, "\xC3\x89 Grand PRIXs\n\n");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out,
            "{\"ids\":[1,0,3,4,5,2],"
            "\"tokens\":[\"[CLS]\",\"[UNK]\",\"grand\",\"prix\",\"##s\",\"[SEP]\"],"
            "\"offsets\":[[0,0],[0,2],[3,8],[9,13],[13,14],[0,0]]}\n"
            "{\"ids\":[1,2],\"tokens\":[\"[CLS]\",\"[SEP]\"],\"offsets\":[[0,0],[0,0]]}\n");
  const auto cut = RunVetor({"tokenize", "--model", tokenizer, "--show-tokens", "--max-length", "3",
                             "--no-special-tokens", "--stats", Path("stats.json")},
                            "prixs prixs\n");
  EXPECT_EQ(cut.out,
            "{\"ids\":[4,5,4],\"tokens\":[\"prix\",\"##s\",\"prix\"],"
            "\"offsets\":[[0,4],[4,5],[6,10]]}\n");
  EXPECT_THAT(ReadBytes(Path("stats.json")), HasSubstr("\"truncated\":1"));
}

TEST_F(TokenizeCommandTest, JsonlInputAndBadRows) {
  const std::string tokenizer = WriteTokenizer();
  EXPECT_EQ(
      RunVetor({"tokenize", "--model", tokenizer, "--field", "name"}, "{\"name\":\"prix\"}\n").out,
      "{\"ids\":[1,4,2]}\n");
  const auto bad = RunVetor({"tokenize", "--model", tokenizer}, "ok\n\xFF\n");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("standard input:2: byte 1"));
}

TEST_F(TokenizeCommandTest, EmptyInputAndNoModel) {
  const auto empty = RunVetor({"tokenize", "--model", WriteTokenizer()}, "");
  EXPECT_EQ(empty.exit_code, 0) << empty.err;
  EXPECT_EQ(empty.out, "");
  EXPECT_EQ(RunVetor({"tokenize"}, "a\n").exit_code, 2);
}

// Guards against ids that differ from the model's: sentence_bert_config.json lowercases for a
// tokenizer that does not.
TEST_F(TokenizeCommandTest, AModelThatLowercasesDoesSoHereToo) {
  std::filesystem::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", Path("model"),
                        std::filesystem::copy_options::recursive);
  std::string json = ReadBytes(Path("model/tokenizer.json"));
  const std::regex lowercase("\"lowercase\": *true");
  ASSERT_TRUE(std::regex_search(json, lowercase));
  json = std::regex_replace(json, lowercase, "\"lowercase\":false");
  WriteFile("model/tokenizer.json", json);
  const auto ids_of = [&](const std::string& text) {
    const auto result = RunVetor({"tokenize", "--model", Path("model")}, text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  EXPECT_NE(ids_of("RACE Race\n"), ids_of("race race\n"));
  WriteFile("model/sentence_bert_config.json", R"({"max_seq_length": 32, "do_lower_case": true})");
  EXPECT_EQ(ids_of("RACE Race\n"), ids_of("race race\n"));
  // It does so without a graph, too.
  for (const char* graph : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
    std::filesystem::remove(Path("model/") + graph);
  }
  EXPECT_EQ(ids_of("RACE Race\n"), ids_of("race race\n"));
}

// A vocabulary, and the files that a BERT model has beside it.
constexpr const char* kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\nHello\n";

// Guards against refusing folders of older models because they have no tokenizer.json.
TEST_F(TokenizeCommandTest, AVocabTxtIsFoundInItsFolderAndByItsName) {
  std::filesystem::create_directories(Path("old"));
  WriteFile("old/vocab.txt", kVocab);
  WriteFile("old/tokenizer_config.json",
            R"({"tokenizer_class":"BertTokenizer","do_lower_case":false})");
  for (const auto& named : {std::pair("--model", "old"), std::pair("--model", "old/vocab.txt"),
                            std::pair("--tokenizer-path", "old/vocab.txt")}) {
    const auto result = RunVetor({"tokenize", named.first, Path(named.second)}, "Hello hello\n");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "{\"ids\":[2,7,5,3]}\n") << named.second;
  }
}

// Guards against a cut text that had other ids with --show-tokens than without it.
TEST_F(TokenizeCommandTest, TheSideThatIsCutIsAsTheFolderSays) {
  std::filesystem::create_directories(Path("left"));
  WriteFile("left/vocab.txt", kVocab);
  WriteFile("left/tokenizer_config.json",
            R"({"tokenizer_class":"BertTokenizer","truncation_side":"left"})");
  const std::vector<std::string> call = {"tokenize", "--model", Path("left"), "--max-length", "3"};
  EXPECT_EQ(RunVetor(call, "hello world\n").out, "{\"ids\":[2,6,3]}\n");
  std::vector<std::string> shown = call;
  shown.emplace_back("--show-tokens");
  EXPECT_EQ(RunVetor(shown, "hello world\n").out,
            "{\"ids\":[2,6,3],\"tokens\":[\"[CLS]\",\"world\",\"[SEP]\"],"
            "\"offsets\":[[0,0],[6,11],[0,0]]}\n");
}

// Guards against ids that only one of the two versions gives, without a line that says so.
TEST_F(TokenizeCommandTest, WhereTransformers4And5DifferThereIsOneWarning) {
  std::filesystem::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", Path("model"),
                        std::filesystem::copy_options::recursive);
  WriteFile("model/tokenizer_config.json",
            R"({"tokenizer_class":"LlamaTokenizer","bos_token":"[CLS]","eos_token":"[SEP]",)"
            R"("add_eos_token":false})");
  const auto result = RunVetor({"tokenize", "--model", Path("model")}, "race\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("tokenizer_config.json: by add_bos_token"),
                                HasSubstr("\"[CLS] A\""), HasSubstr("transformers 5")));
  const std::string_view err = result.err;
  EXPECT_EQ(err.find("warning: "), err.rfind("warning: ")) << err;
}

// Guards against a warning about a missing graph, which ids do not need, and against a text that
// was not cut although the folder says so.
TEST_F(TokenizeCommandTest, AFolderNeedsNoGraph) {
  WriteTokenizer();
  const std::vector<std::string> call = {"tokenize", "--model", Path("")};
  auto result = RunVetor(call, "prix prix\n");
  EXPECT_THAT(result.err, Not(HasSubstr("onnx")));
  EXPECT_EQ(result.out, "{\"ids\":[1,4,4,2]}\n");
  WriteFile("sentence_bert_config.json", R"({"max_seq_length": 3})");
  result = RunVetor({"tokenize", "--model", Path(""), "--log-level", "debug"}, "prix prix\n");
  EXPECT_EQ(result.out, "{\"ids\":[1,4,2]}\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("found no .onnx file"),
                                HasSubstr("tokenizer.json is used with a maximum length")));
  // A graph that is damaged must be reported.
  WriteFile("model.onnx", "");
  result = RunVetor(call, "prix prix\n");
  EXPECT_EQ(result.out, "{\"ids\":[1,4,2]}\n");
  EXPECT_THAT(result.err, HasSubstr("warning: "));
}

// Guards against a line at each command with an XLM-R model: its ids are mostly the same, and
// doctor reports the rest.
TEST_F(TokenizeCommandTest, PossibleDifferencesOfTransformers5AreLoggedAtDebug) {
  std::filesystem::copy(VETOR_TEST_DATA_DIR "/model/tiny-bert", Path("model"),
                        std::filesystem::copy_options::recursive);
  WriteFile("model/tokenizer_config.json", R"({"tokenizer_class":"XLMRobertaTokenizer"})");
  for (const std::string command : {"tokenize", "embed"}) {
    const auto usual = RunVetor({command, "--model", Path("model")}, "race\n");
    EXPECT_EQ(usual.exit_code, 0) << usual.err;
    EXPECT_THAT(usual.err, Not(HasSubstr("transformers 5"))) << command;
    const auto told =
        RunVetor({command, "--model", Path("model"), "--log-level", "debug"}, "race\n");
    constexpr std::string_view kSaid = "for a XLMRobertaTokenizer, transformers 5 does not read";
    const size_t first = told.err.find(kSaid);
    EXPECT_NE(first, std::string::npos) << told.err;
    EXPECT_EQ(first, told.err.rfind(kSaid)) << told.err;
  }
}

TEST_F(TokenizeCommandTest, MiniLmCutsAtItsMaximum) {
  VETOR_SKIP_WITHOUT_MINILM();
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "race ";
  const auto result = RunVetor({"tokenize", "--model", kMiniLm}, text + "\nrace\n");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = ParseLines(result.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("ids").as_array().size(), 256U);
  EXPECT_EQ(lines[1].at("ids").as_array().size(), 3U);
}

}  // namespace
}  // namespace vetor::cli
