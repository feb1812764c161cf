#include "model/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/fingerprint.h"
#include "model/length_limit.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class ModelFolderTest : public ::testing::Test {
 protected:
  Result<ModelFolder> ReadWith(ModelFolderOptions options) {
    if (options.model_path.empty()) options.model_path = folder_ / "tiny-bert";
    return ReadModelFolder(options);
  }
  ModelFolder Read(const ModelFolderOptions& options = {}) {
    auto model = ReadWith(options);
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    return model.ok() ? *model : ModelFolder();
  }
  std::string Error(const ModelFolderOptions& options) {
    const auto model = ReadWith(options);
    EXPECT_FALSE(model.ok());
    return model.status().message();
  }
  static std::string FingerprintOf(const ModelFolder& model) {
    auto fingerprint = ModelFingerprint(model);
    EXPECT_TRUE(fingerprint.ok()) << fingerprint.status().ToString();
    return fingerprint.ok() ? *std::move(fingerprint) : "";
  }
  void CopyTinyBert() { folder_.CopyModel("tiny-bert", "tiny-bert"); }

  TemporaryFolder folder_;
};

TEST_F(ModelFolderTest, ReadsAWholeSentenceTransformersFolder) {
  CopyTinyBert();
  const ModelFolder model = Read();
  EXPECT_EQ(model.graph, folder_ / "tiny-bert/model.onnx");
  EXPECT_EQ(model.tokenizer, folder_ / "tiny-bert/tokenizer.json");
  EXPECT_EQ(model.model_id, "tiny-bert");
  EXPECT_EQ(model.facts.precision, "fp32");
  EXPECT_EQ(model.facts.word_rows, 160);
  EXPECT_THAT(model.pooling.modes, ElementsAre(PoolingMode::kMean));
  EXPECT_TRUE(model.pooling.normalize);
  EXPECT_TRUE(model.declared_pooling);
  EXPECT_TRUE(model.declared_normalize);
  EXPECT_THAT(model.prompts, ElementsAre(Pair("passage", "passage: "), Pair("query", "query: ")));
  EXPECT_EQ(model.default_prompt_name, "");
  EXPECT_THAT(model.warnings, IsEmpty());
  EXPECT_THAT(FingerprintOf(model), ::testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST_F(ModelFolderTest, TheTruncationOfTheTokenizerFileIsNotTheModelsLength) {
  CopyTinyBert();
  EXPECT_EQ(Read().max_length, 48);  // Although tokenizer.json says 16.
  EXPECT_THAT(Read().max_length_source, HasSubstr("sentence_bert_config.json"));
  fs::remove(folder_ / "tiny-bert/sentence_bert_config.json");
  EXPECT_EQ(Read().max_length, 56);
  fs::remove(folder_ / "tiny-bert/tokenizer_config.json");
  EXPECT_EQ(Read().max_length, 64);
  fs::remove(folder_ / "tiny-bert/config.json");
  EXPECT_EQ(Read().max_length, 64);  // It comes from the graph's own table.
  EXPECT_EQ(Read({.max_length = 20}).max_length, 20);
  EXPECT_THAT(Error({.max_length = 65}), AllOf(HasSubstr("65"), HasSubstr("64")));
}

TEST_F(ModelFolderTest, ABareGraphIsReadWithAWarning) {
  folder_.CopyModel("tiny-bert/model.onnx", "bare/model.onnx");
  folder_.CopyModel("tiny-bert/tokenizer.json", "bare/tokenizer.json");
  const ModelFolder model = Read({.model_path = folder_ / "bare"});
  EXPECT_FALSE(model.declared_pooling);
  EXPECT_FALSE(model.declared_normalize);
  EXPECT_TRUE(model.pooling.normalize);
  EXPECT_EQ(model.max_length, 64);
  ASSERT_THAT(model.warnings, SizeIs(1));
  EXPECT_THAT(model.warnings[0],
              AllOf(HasSubstr("mean pooling is assumed"), HasSubstr("set ai.onnx.pooling")));
  const ModelFolder cls = Read({.model_path = folder_ / "bare", .pooling = {PoolingMode::kCls}});
  EXPECT_THAT(cls.pooling.modes, ElementsAre(PoolingMode::kCls));
  EXPECT_THAT(cls.warnings, IsEmpty());
}

TEST_F(ModelFolderTest, PrecisionChoosesTheFileAndChecksWhatItHolds) {
  CopyTinyBert();
  const ModelFolder quantized = Read({.precision = Precision::kInt8});
  EXPECT_EQ(quantized.graph.filename(), "model_quantized.onnx");
  EXPECT_TRUE(quantized.facts.dynamic_int8);
  EXPECT_EQ(quantized.facts.word_rows, 160);
  EXPECT_EQ(Read({.precision = Precision::kFp16}).facts.precision, "fp16");
  EXPECT_EQ(Read({.precision = Precision::kFp32}).facts.precision, "fp32");
  EXPECT_EQ(Read({.precision = Precision::kBf16, .runtime = Runtime::kAuto}).facts.precision,
            "fp32");
  EXPECT_THAT(Error({.precision = Precision::kBf16, .runtime = Runtime::kOnnxRuntime}),
              AllOf(HasSubstr("\"bf16\""), HasSubstr("\"onnxruntime\""), HasSubstr("\"auto\"")));
  EXPECT_THAT(Error({.model_path = folder_ / "tiny-bert/model_quantized.onnx",
                     .precision = Precision::kBf16}),
              HasSubstr("holds int8 weights"));
  fs::copy(folder_ / "tiny-bert/model.onnx", folder_ / "tiny-bert/model_quantized.onnx",
           fs::copy_options::overwrite_existing);
  EXPECT_THAT(Error({.precision = Precision::kInt8}),
              AllOf(HasSubstr("\"int8\""), HasSubstr("fp32"), HasSubstr("model_quantized.onnx")));
  EXPECT_THAT(
      Error({.model_path = folder_ / "tiny-bert/model.onnx", .precision = Precision::kInt8}),
      HasSubstr("holds fp32 weights"));
}

// Guards against dropping a folder's lowercasing because tokenizer.json lowercases: another file
// may tell the tokenizer not to. The tokenizer itself avoids a second pass.
TEST_F(ModelFolderTest, LowercasingIsAsTheFolderSays) {
  CopyTinyBert();
  EXPECT_FALSE(Read().do_lower_case);
  folder_.Write("tiny-bert/sentence_bert_config.json",
                R"({"max_seq_length":48,"do_lower_case":true})");
  EXPECT_TRUE(Read().do_lower_case);
}

// Guards against folders of older models, whose tokenizer is a vocab.txt or a SentencePiece model.
TEST_F(ModelFolderTest, OlderTokenizerFilesAreFound) {
  CopyTinyBert();
  fs::remove(folder_ / "tiny-bert/tokenizer.json");
  for (const char* name : {"vocab.txt", "tokenizer.model", "spm.model", "spiece.model",
                           "sentencepiece.bpe.model", "tokenizer.json"}) {
    folder_.Write(std::string("tiny-bert/") + name, "x");
    EXPECT_EQ(Read().tokenizer, folder_ / (std::string("tiny-bert/") + name));
  }
}

TEST_F(ModelFolderTest, PromptsAndTheirDefault) {
  CopyTinyBert();
  folder_.Write("tiny-bert/config_sentence_transformers.json",
                R"({"prompts":{"query":"q: ","none":null},"default_prompt_name":"query",)"
                R"("truncate_dim":16})");
  const ModelFolder model = Read();
  EXPECT_THAT(model.prompts, ElementsAre(Pair("query", "q: ")));
  EXPECT_EQ(model.default_prompt_name, "query");
  EXPECT_EQ(model.declared_dim, 16);
  for (const char* json :
       {R"({"prompts":{"query":"q: "},"default_prompt_name":"other"})", R"({"prompts":[]})",
        R"({"prompts":{"query":1}})", R"({"truncate_dim":-1})", R"({"truncate_dim":"x"})"}) {
    folder_.Write("tiny-bert/config_sentence_transformers.json", json);
    EXPECT_EQ(ReadWith({}).status().code(), StatusCode::kInvalidArgument) << json;
  }
}

TEST_F(ModelFolderTest, TheFingerprintIsOfTheContentAlone) {
  CopyTinyBert();
  const std::string fingerprint = FingerprintOf(Read());
  fs::rename(folder_ / "tiny-bert", folder_ / "renamed");
  EXPECT_EQ(FingerprintOf(Read({.model_path = folder_ / "renamed"})), fingerprint);
  folder_.Write("renamed/README.md", "not part of it");
  EXPECT_EQ(FingerprintOf(Read({.model_path = folder_ / "renamed"})), fingerprint);
  // Each call chooses its prompt, so the prompts do not belong to the model's fingerprint.
  fs::remove(folder_ / "renamed/config_sentence_transformers.json");
  EXPECT_EQ(FingerprintOf(Read({.model_path = folder_ / "renamed"})), fingerprint);
}

TEST_F(ModelFolderTest, TheFingerprintChangesWithEverythingThatShapesAVector) {
  CopyTinyBert();
  const fs::path path = folder_ / "tiny-bert";
  std::vector<std::string> seen = {FingerprintOf(Read())};
  const auto expect_new = [&](const ModelFolder& model, const char* what) {
    const std::string fingerprint = FingerprintOf(model);
    EXPECT_THAT(seen, ::testing::Not(::testing::Contains(fingerprint))) << what;
    seen.push_back(fingerprint);
  };
  expect_new(Read({.pooling = {PoolingMode::kCls}}), "pooling");
  expect_new(Read({.max_length = 20}), "length");
  expect_new(Read({.precision = Precision::kInt8}), "graph");
  folder_.Write("tiny-bert/1_Pooling/config.json", R"({"include_prompt":false})");
  expect_new(Read(), "include_prompt");
  folder_.Write("tiny-bert/modules.json",
                R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
                R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}])");
  expect_new(Read(), "normalize");
  std::ofstream(path / "tokenizer.json", std::ios::app) << "\n";
  expect_new(Read(), "tokenizer");
  folder_.Write("tiny-bert/sentence_bert_config.json",
                R"({"max_seq_length":48,"do_lower_case":true})");
  folder_.Write("tiny-bert/tokenizer.json", "{}");
  expect_new(Read(), "lowercasing");
}

// Each of these files may decide the ids of a text.
TEST_F(ModelFolderTest, TheFingerprintCoversEveryFileThatMayDecideIds) {
  CopyTinyBert();
  std::vector<std::string> seen = {FingerprintOf(Read())};
  for (const char* name :
       {"tokenizer_config.json", "added_tokens.json", "special_tokens_map.json", "vocab.txt",
        "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model"}) {
    folder_.Write(std::string("tiny-bert/") + name, "{}");
    const std::string there = FingerprintOf(Read());
    folder_.Write(std::string("tiny-bert/") + name, "{ }");
    const std::string other = FingerprintOf(Read());
    EXPECT_THAT(seen, Not(Contains(there))) << name;
    EXPECT_NE(there, other) << name;
    seen.push_back(other);
  }
}

TEST_F(ModelFolderTest, AFileThatChangedSinceItWasReadIsSeen) {
  CopyTinyBert();
  const ModelFolder model = Read();
  EXPECT_TRUE(IsAsItWas(model));
  folder_.Write("tiny-bert/README.md", "not part of it");
  EXPECT_TRUE(IsAsItWas(model));
  folder_.Write("tiny-bert/added_tokens.json", "{}");
  EXPECT_FALSE(IsAsItWas(model)) << "a file that appeared";
  const ModelFolder again = Read();
  fs::copy_file(folder_ / "tiny-bert/tokenizer.json", folder_ / "new.json");
  fs::rename(folder_ / "new.json", folder_ / "tiny-bert/tokenizer.json");
  EXPECT_FALSE(IsAsItWas(again)) << "a file that was replaced";
  const ModelFolder last = Read();
  std::ofstream(folder_ / "tiny-bert/model.onnx", std::ios::app) << "x";
  EXPECT_FALSE(IsAsItWas(last)) << "a graph that was written into";
}

TEST_F(ModelFolderTest, TheFingerprintCoversExternalData) {
  folder_.CopyModel("external", "m");
  folder_.Write("m/tokenizer.json", "{}");
  const std::string before = FingerprintOf(Read({.model_path = folder_ / "m"}));
  std::fstream(folder_ / "m/model.onnx_data", std::ios::in | std::ios::out).put('!');
  EXPECT_NE(FingerprintOf(Read({.model_path = folder_ / "m"})), before);
}

TEST_F(ModelFolderTest, GraphsThatGiveFinishedVectorsNeedNoPooling) {
  folder_.CopyModel("valid/sentence_embedding.onnx", "m/model.onnx");
  folder_.Write("m/tokenizer.json", "{}");
  EXPECT_THAT(Read({.model_path = folder_ / "m"}).warnings, IsEmpty());
  EXPECT_THAT(Error({.model_path = folder_ / "m", .pooling = {PoolingMode::kCls}}),
              HasSubstr("sentence_embedding"));
}

// The graph has no room for more tokens, whatever the files say.
TEST_F(ModelFolderTest, AFixedLengthBoundsTheLengthAndIsSaid) {
  CopyTinyBert();
  fs::copy_file(VETOR_TEST_DATA_DIR "/model/valid/fixed_length.onnx",
                folder_ / "tiny-bert/model.onnx", fs::copy_options::overwrite_existing);
  fs::remove(folder_ / "tiny-bert/1_Pooling/config.json");
  folder_.Write("tiny-bert/1_Pooling/config.json", R"({"word_embedding_dimension":8})");
  const ModelFolder model = Read();
  EXPECT_EQ(model.max_length, 16);
  EXPECT_THAT(model.max_length_source, HasSubstr("fixed length 16"));
  ASSERT_THAT(model.warnings, SizeIs(1));
  EXPECT_THAT(model.warnings[0],
              AllOf(HasSubstr("fixed length 16"), HasSubstr("is 48"), HasSubstr("free length")));
  EXPECT_THAT(Error({.max_length = 17}), AllOf(HasSubstr("17"), HasSubstr("fixed length 16")));
  EXPECT_THAT(Read({.max_length = 12}).warnings, IsEmpty());
}

TEST_F(ModelFolderTest, ANamedOutputIsPooledByItsShapeAndPartOfTheFingerprint) {
  folder_.CopyModel("valid/several_outputs.onnx", "m/model.onnx");
  folder_.Write("m/tokenizer.json", "{}");
  const fs::path path = folder_ / "m";
  const ModelFolder usual = Read({.model_path = path});
  EXPECT_THAT(usual.warnings, SizeIs(1));  // The warning is that mean pooling is assumed.
  const ModelFolder named = Read({.model_path = path, .output_name = "dense_vecs"});
  EXPECT_THAT(named.warnings, IsEmpty());
  EXPECT_EQ(named.output_name, "dense_vecs");
  EXPECT_NE(FingerprintOf(named), FingerprintOf(usual));
  EXPECT_THAT(
      Error({.model_path = path, .pooling = {PoolingMode::kCls}, .output_name = "dense_vecs"}),
      HasSubstr("dense_vecs"));
  EXPECT_TRUE(
      ReadWith(
          {.model_path = path, .pooling = {PoolingMode::kCls}, .output_name = "last_hidden_state"})
          .ok());
}

TEST_F(ModelFolderTest, RowsEndToEndHaveNoSpecialTokensAndAnyLength) {
  folder_.CopyModel("valid/joined_rows.onnx", "m/onnx/model.onnx");
  folder_.Write("m/tokenizer.json", "{}");
  folder_.Write("m/modules.json",
                R"([{"path":".","type":"sentence_transformers.models.StaticEmbedding"},)"
                R"({"path":"1_Normalize","type":"sentence_transformers.models.Normalize"}])");
  const ModelFolder model = Read({.model_path = folder_ / "m"});
  EXPECT_TRUE(model.static_embedding);
  EXPECT_EQ(model.max_length, kAnyLength);
  EXPECT_THAT(model.warnings, IsEmpty());
  // Guards against a length and a lowercasing from files that StaticEmbedding does not read.
  folder_.Write("m/tokenizer_config.json", R"({"model_max_length":4})");
  folder_.Write("m/sentence_bert_config.json", R"({"max_seq_length":4,"do_lower_case":true})");
  folder_.Write("m/config.json", R"({"model_type":"bert","max_position_embeddings":4})");
  const ModelFolder beside = Read({.model_path = folder_ / "m"});
  EXPECT_EQ(beside.max_length, kAnyLength);
  EXPECT_FALSE(beside.do_lower_case);
  EXPECT_EQ(Read({.model_path = folder_ / "m", .max_length = 7}).max_length, 7);
  // The weights of such a model lie beside another graph.
  folder_.CopyModel("valid/several_outputs.onnx", "m/model.onnx");
  EXPECT_THAT(Error({.model_path = folder_ / "m"}),
              AllOf(HasSubstr("StaticEmbedding"), HasSubstr("offsets")));
}

TEST_F(ModelFolderTest, FilesOfTwoModelsAreNotMixed) {
  CopyTinyBert();
  folder_.Write("tiny-bert/1_Pooling/config.json", R"({"word_embedding_dimension":384})");
  EXPECT_THAT(Error({}), AllOf(HasSubstr("32 components"), HasSubstr("384")));
}

}  // namespace
}  // namespace vetor
