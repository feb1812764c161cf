#include "model/graph_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class GraphChoiceTest : public ::testing::Test {
 protected:
  GraphChoiceTest() { folder_.Write("m/tokenizer.json", "{}"); }
  void Touch(std::string_view name) { folder_.Write(std::string("m/") + std::string(name), "x"); }
  Result<GraphChoice> Choose(const fs::path& path, Precision precision = Precision::kAuto) {
    ModelFolderOptions options;
    options.model_path = path;
    options.precision = precision;
    return ChooseGraph(options);
  }
  // The chosen graph relative to m/, or the error's message.
  std::string Chosen(Precision precision = Precision::kAuto) {
    const auto choice = Choose(folder_ / "m", precision);
    if (!choice.ok()) return choice.status().message();
    return choice->graph.lexically_relative(folder_ / "m").string();
  }
  TemporaryFolder folder_;
};

TEST_F(GraphChoiceTest, TheRootGoesBeforeTheSubFolder) {
  Touch("onnx/model.onnx");
  Touch("onnx/model_quantized.onnx");
  EXPECT_EQ(Chosen(), "onnx/model.onnx");
  EXPECT_EQ(Chosen(Precision::kFp32), "onnx/model.onnx");
  EXPECT_EQ(Chosen(Precision::kInt8), "onnx/model_quantized.onnx");
  Touch("model.onnx");
  EXPECT_EQ(Chosen(), "model.onnx");
}

// A folder may have both a graph and the weights as they were trained.
TEST_F(GraphChoiceTest, TheRuntimeChoosesBetweenGraphAndCheckpoint) {
  const auto chosen = [&](Runtime runtime) {
    ModelFolderOptions options;
    options.model_path = folder_ / "m";
    options.runtime = runtime;
    const auto choice = ChooseGraph(options);
    if (!choice.ok()) return std::string(choice.status().message());
    EXPECT_EQ(choice->checkpoint, choice->graph.filename() == "config.json");
    return choice->graph.lexically_relative(folder_ / "m").string();
  };
  EXPECT_THAT(chosen(Runtime::kNative), HasSubstr("no ONNX graph"));
  Touch("model.safetensors");
  EXPECT_THAT(chosen(Runtime::kAuto),
              HasSubstr("no ONNX graph"));  // Without config.json the folder is not a checkpoint.
  Touch("config.json");
  EXPECT_EQ(chosen(Runtime::kAuto), "config.json");
  EXPECT_EQ(chosen(Runtime::kNative), "config.json");
  EXPECT_THAT(chosen(Runtime::kOnnxRuntime), HasSubstr("no ONNX graph"));
  Touch("onnx/model.onnx");
  EXPECT_EQ(chosen(Runtime::kAuto), "onnx/model.onnx");
  EXPECT_EQ(chosen(Runtime::kNative), "config.json");
  EXPECT_EQ(chosen(Runtime::kOnnxRuntime), "onnx/model.onnx");
}

// Only opening the graph shows whether vetor's own kernels know it.
TEST_F(GraphChoiceTest, AGraphIsForTheNativeRuntime) {
  Touch("onnx/model.onnx");
  ModelFolderOptions options;
  options.runtime = Runtime::kNative;
  for (const char* path : {"m", "m/onnx/model.onnx"}) {
    options.model_path = folder_ / path;
    const auto choice = ChooseGraph(options);
    ASSERT_TRUE(choice.ok()) << choice.status().ToString();
    EXPECT_EQ(choice->graph, folder_ / "m/onnx/model.onnx");
    EXPECT_FALSE(choice->checkpoint);
  }
}

// Repositories from before sentence-transformers kept the transformer at the top.
TEST_F(GraphChoiceTest, TheTransformersOwnFolderIsLookedIntoLast) {
  folder_.Write("m/modules.json", "[]");
  Touch("0_Transformer/model.onnx");
  EXPECT_EQ(Chosen(), "0_Transformer/model.onnx");
  const auto choice = Choose(folder_ / "m/0_Transformer/model.onnx");
  ASSERT_TRUE(choice.ok()) << choice.status().ToString();
  EXPECT_EQ(choice->folder.filename(), "m");
  EXPECT_EQ(choice->model_id, "m");
  Touch("0_Transformer/onnx/model_quantized.onnx");
  EXPECT_EQ(Chosen(Precision::kInt8), "0_Transformer/onnx/model_quantized.onnx");
  Touch("onnx/model.onnx");
  EXPECT_EQ(Chosen(), "onnx/model.onnx");
}

// Guards against a fixed order of names, by which a stray vocabulary of another kind made a model
// refused.
TEST_F(GraphChoiceTest, TheClassSaysWhichVocabularyCounts) {
  const auto found = [&] { return FindTokenizerFile({folder_ / "v"}).filename().string(); };
  for (const char* name : {"vocab.txt", "vocab.json", "merges.txt", "spiece.model"}) {
    folder_.Write(std::string("v/") + name, "x");
  }
  EXPECT_EQ(found(), "spiece.model");
  for (const auto& [name, file] : {std::pair{"BertTokenizer", "vocab.txt"},
                                   {"MPNetTokenizerFast", "vocab.txt"},
                                   {"RobertaTokenizer", "vocab.json"},
                                   {"AlbertTokenizer", "spiece.model"},
                                   {"UnheardOfTokenizer", "spiece.model"}}) {
    folder_.Write("v/tokenizer_config.json", std::string(R"({"tokenizer_class":")") + name + "\"}");
    EXPECT_EQ(found(), file) << name;
  }
  fs::remove(folder_ / "v/tokenizer_config.json");
  folder_.Write("v/config.json", R"({"model_type":"roberta"})");
  EXPECT_EQ(found(), "vocab.json");
  fs::remove(folder_ / "v/merges.txt");
  EXPECT_EQ(found(), "spiece.model");
  folder_.Write("v/tokenizer.json", "{}");
  EXPECT_EQ(found(), "tokenizer.json");
}

// If there are two SentencePiece models, the first of a fixed order was read, whatever the class
// calls its own.
TEST_F(GraphChoiceTest, OfTwoModelsTheOneThatTheClassNamesCounts) {
  for (const char* name : {"sentencepiece.bpe.model", "spiece.model", "spm.model", "vocab.txt",
                           "sentencepiece.model"}) {
    folder_.Write(std::string("v/") + name, "x");
  }
  for (const auto& [name, file] :
       {std::pair<const char*, const char*>{"AlbertTokenizer", "spiece.model"},
        {"XLMRobertaTokenizer", "sentencepiece.bpe.model"},
        {"DebertaV2TokenizerFast", "spm.model"},
        {"RemBertTokenizer", "sentencepiece.model"},
        {"T5Tokenizer", "spiece.model"},
        {"BertTokenizer", "vocab.txt"}}) {
    folder_.Write("v/tokenizer_config.json", std::string(R"({"tokenizer_class":")") + name + "\"}");
    EXPECT_EQ(FindTokenizerFile({folder_ / "v"}).filename().string(), file) << name;
  }
}

TEST_F(GraphChoiceTest, TheRuntimesOwnFormIsNamedAndRefused) {
  Touch("model.ort");
  EXPECT_THAT(Chosen(), AllOf(HasSubstr("model.ort is in ORT format, expected .onnx")));
  const auto choice = Choose(folder_ / "m/model.ort");
  EXPECT_EQ(choice.status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(choice.status().message(), HasSubstr("ORT format"));
  Touch("model.onnx");
  EXPECT_EQ(Chosen(), "model.onnx");
}

TEST_F(GraphChoiceTest, AnOnlyGraphNeedsNoName) {
  Touch("onnx/bge.onnx");
  EXPECT_EQ(Chosen(), "onnx/bge.onnx");
  Touch("other.onnx");
  EXPECT_THAT(Chosen(), AllOf(HasSubstr("onnx/bge.onnx"), HasSubstr("other.onnx"),
                              HasSubstr("name the file")));
}

TEST_F(GraphChoiceTest, APrecisionThatIsNotThereListsWhatIs) {
  Touch("model.onnx");
  Touch("onnx/model_fp16.onnx");
  EXPECT_EQ(Chosen(Precision::kFp16), "onnx/model_fp16.onnx");
  EXPECT_THAT(Chosen(Precision::kInt8),
              AllOf(HasSubstr("int8"), HasSubstr("model.onnx"), HasSubstr("onnx/model_fp16.onnx")));
}

// What the kernels round is the file that "auto" takes.
TEST_F(GraphChoiceTest, InBf16TheFileInFp32IsTaken) {
  Touch("onnx/bge.onnx");
  EXPECT_EQ(Chosen(Precision::kBf16), "onnx/bge.onnx");
  Touch("model_bf16.onnx");
  EXPECT_EQ(Chosen(Precision::kBf16), "model_bf16.onnx");
  Touch("onnx/model.onnx");
  EXPECT_EQ(Chosen(Precision::kBf16), "onnx/model.onnx");
}

TEST_F(GraphChoiceTest, FilesForEveryMachineGoBeforeFilesForOne) {
  Touch("model_qint8_avx512_vnni.onnx");
  Touch("model_qint8_avx512.onnx");
  Touch("model_quint8_avx2.onnx");
  Touch("model_qint8_arm64.onnx");
  Touch("model_int8.onnx");
  EXPECT_EQ(Chosen(Precision::kInt8), "model_int8.onnx");
  Touch("model_quantized.onnx");
  EXPECT_EQ(Chosen(Precision::kInt8), "model_quantized.onnx");
}

TEST_F(GraphChoiceTest, AFileInTheOnnxFolderBelongsToTheFolderAbove) {
  Touch("onnx/model.onnx");
  const auto choice = Choose(folder_ / "m/onnx/model.onnx");
  ASSERT_TRUE(choice.ok()) << choice.status().ToString();
  EXPECT_EQ(choice->folder, folder_ / "m");
  EXPECT_EQ(choice->tokenizer, folder_ / "m/tokenizer.json");
  EXPECT_EQ(choice->model_id, "m");
}

TEST_F(GraphChoiceTest, TokenizersAreFoundBesideByNameAndOneFolderUp) {
  Touch("a/small.onnx");
  EXPECT_EQ(Choose(folder_ / "m/a/small.onnx")->tokenizer, folder_ / "m/tokenizer.json");
  Touch("a/tokenizer.json");
  EXPECT_EQ(Choose(folder_ / "m/a/small.onnx")->tokenizer, folder_ / "m/a/tokenizer.json");
  Touch("a/small-tokenizer.json");
  EXPECT_EQ(Choose(folder_ / "m/a/small.onnx")->tokenizer, folder_ / "m/a/small-tokenizer.json");
  ModelFolderOptions options;
  options.model_path = folder_ / "m/a/small.onnx";
  options.tokenizer_path = folder_ / "elsewhere.json";
  EXPECT_EQ(ChooseGraph(options)->tokenizer, folder_ / "elsewhere.json");
}

TEST_F(GraphChoiceTest, RelativePathsWorkFromTheFolderItself) {
  Touch("onnx/model.onnx");
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "m/onnx");
  const auto file = Choose("model.onnx");
  const auto folder = Choose(".");
  fs::current_path(before);
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ(file->model_id, "m");
  ASSERT_TRUE(folder.ok()) << folder.status().ToString();
  EXPECT_EQ(folder->model_id, "onnx");
}

TEST_F(GraphChoiceTest, ModelIdsComeFromTheNameThatSaysMost) {
  Touch("model.onnx");
  Touch("bge-small-en-v1.5.onnx");
  EXPECT_EQ(Choose(folder_ / "m")->model_id, "m");
  EXPECT_EQ(Choose(folder_ / "m/")->model_id, "m");
  EXPECT_EQ(Choose(folder_ / "m/model.onnx")->model_id, "m");
  EXPECT_EQ(Choose(folder_ / "m/bge-small-en-v1.5.onnx")->model_id, "bge-small-en-v1.5");
  const std::string snapshot = "models--BAAI--bge-small/snapshots/0123";
  folder_.Write(snapshot + "/model.onnx", "x");
  folder_.Write(snapshot + "/tokenizer.json", "{}");
  EXPECT_EQ(Choose(folder_ / snapshot)->model_id, "BAAI/bge-small");
  folder_.Write("bad\xFFname/model.onnx", "x");
  folder_.Write("bad\xFFname/tokenizer.json", "{}");
  EXPECT_EQ(Choose(folder_ / "bad\xFFname")->model_id, "bad\xEF\xBF\xBDname");
}

TEST_F(GraphChoiceTest, Row17AMissingModelNamesTheRemedyAndItsNeighbours) {
  EXPECT_EQ(Choose("").status().code(), StatusCode::kInvalidArgument);
  const auto nowhere = Choose(folder_ / "none/model.onnx");
  EXPECT_EQ(nowhere.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(nowhere.status().message(),
              AllOf(HasSubstr("none/model.onnx"), HasSubstr("make run"), HasSubstr("vetor pull")));
  Touch("model_int8.onnx");
  EXPECT_THAT(Choose(folder_ / "m/model.onnx").status().message(), HasSubstr("model_int8.onnx"));
  fs::create_symlink("gone.onnx", folder_ / "m/linked.onnx");
  EXPECT_THAT(Choose(folder_ / "m/linked.onnx").status().message(), HasSubstr("link to gone.onnx"));
}

TEST_F(GraphChoiceTest, Row17AFolderWithoutAModelSaysWhatItHas) {
  const auto empty = Choose(folder_ / "m");
  EXPECT_EQ(empty.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(empty.status().message(),
              AllOf(HasSubstr("onnx/model.onnx"), HasSubstr("make run"), HasSubstr("vetor pull")));
  Touch("model.safetensors");
  EXPECT_THAT(Choose(folder_ / "m").status().message(),
              AllOf(HasSubstr("model.safetensors"), HasSubstr("vetor export")));
  Touch("adapter_config.json");
  EXPECT_THAT(Choose(folder_ / "m").status().message(), HasSubstr("adapter"));
  fs::create_directories(folder_ / "m/model.onnx");  // A folder of that name is not a graph.
  EXPECT_EQ(Choose(folder_ / "m").status().code(), StatusCode::kNotFound);
}

TEST_F(GraphChoiceTest, Row21AMissingTokenizerSaysWhereItWasLookedFor) {
  Touch("model.onnx");
  fs::remove(folder_ / "m/tokenizer.json");
  const auto choice = Choose(folder_ / "m");
  EXPECT_EQ(choice.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(
      choice.status().message(),
      AllOf(HasSubstr("tokenizer.json"), HasSubstr("tokenizer_path"), HasSubstr("vocab.txt")));
  Touch("vocab.txt");
  EXPECT_EQ(Choose(folder_ / "m")->tokenizer, folder_ / "m/vocab.txt");
  Touch("spiece.model");
  EXPECT_EQ(Choose(folder_ / "m")->tokenizer, folder_ / "m/spiece.model");
}

}  // namespace
}  // namespace vetor
