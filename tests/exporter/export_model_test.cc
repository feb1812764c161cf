// Runs ExportModel from end to end: tiny-bert's checkpoint against sentence-transformers' vectors,
// and real MiniLM weights. It also looks at what is left behind after a failure.
#include "vetor/export_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "../hub/hub_server.h"
#include "kernels/vector_norm.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tests/model/safetensors_writer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"
#include "tests/support/test_services.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ExportModelTest : public ::testing::Test {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }

  ExportOptions Options(const fs::path& source) const {
    ExportOptions options;
    options.source = source.string();
    options.output = (folder_ / "out").string();
    options.library_path = testing::TestRuntime();
    return options;
  }

  // A copy of tiny-bert's checkpoint, to be spoilt.
  fs::path CopyTiny() const {
    const fs::path copy = folder_ / "source";
    fs::copy(testing::TestData("model/tiny-bert"), copy, fs::copy_options::recursive);
    for (const char* graph : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
      fs::remove(copy / graph);
    }
    return copy;
  }

  std::unique_ptr<EmbeddingsService> Open(Precision precision,
                                          Runtime runtime = Runtime::kAuto) const {
    EmbeddingsConfig config = testing::TinyConfig(runtime);
    config.model.path = (folder_ / "out").string();
    config.model.precision = precision;
    auto service = EmbeddingsService::Open(config);
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    return service.ok() ? std::move(*service) : nullptr;
  }

  size_t FilesBeside() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(ExportModelTest, GivesTheVectorsOfSentenceTransformersInEveryPrecision) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.precisions = {Precision::kFp32, Precision::kFp16, Precision::kInt8};
  const Result<ExportReport> report = ExportModel(options);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->family, "bert");
  ASSERT_EQ(report->graphs.size(), 3U);
  EXPECT_LT(report->graphs[0].max_difference, 1e-6);
  EXPECT_GT(report->graphs[2].worst_cosine, 0.999);

  const auto expected = ReadJsonFile(testing::TestData("model/tiny-bert/expected.json"));
  ASSERT_TRUE(expected.ok());
  for (const auto& [precision, bound, runtime] :
       {std::tuple(Precision::kFp32, 1e-6, Runtime::kNative),
        std::tuple(Precision::kFp32, 1e-6, Runtime::kOnnxRuntime),
        std::tuple(Precision::kFp16, 5e-4, Runtime::kOnnxRuntime),
        std::tuple(Precision::kInt8, 2e-2, Runtime::kOnnxRuntime)}) {
    const auto service = Open(precision, runtime);
    ASSERT_NE(service, nullptr);
    EXPECT_EQ(service->active_precision(), ToString(precision));
    for (const auto& row : expected->as_array()) {
      const std::string text(row.at("text").as_string());
      const auto embeddings = service->Embed({text});
      ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
      const auto& vector = row.at("vector").as_array();
      for (size_t i = 0; i < vector.size(); ++i) {
        EXPECT_NEAR(embeddings->values[i], vector[i].to_number<double>(), bound) << text;
      }
    }
  }
}

// Guards against checkpoints of older models that could not be exported, or whose export could not
// be opened, because their tokenizer is a vocab.txt.
TEST_F(ExportModelTest, AVocabTxtInPlaceOfATokenizerJsonGivesTheSameVectors) {
  const fs::path source = CopyTiny();
  const auto tokenizer = ReadJsonFile(source / "tokenizer.json");
  ASSERT_TRUE(tokenizer.ok());
  std::map<int64_t, std::string> tokens;
  for (const auto& token : tokenizer->at("model").at("vocab").as_object()) {
    tokens[token.value().as_int64()] = token.key();
  }
  std::string vocab;
  for (const auto& [id, token] : tokens) vocab += token + "\n";
  std::ofstream(source / "vocab.txt", std::ios::binary) << vocab;
  fs::remove(source / "tokenizer.json");
  const Result<ExportReport> report = ExportModel(Options(source));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  const auto service = Open(Precision::kFp32);
  ASSERT_NE(service, nullptr);
  const auto expected = ReadJsonFile(testing::TestData("model/tiny-bert/expected.json"));
  for (const auto& row : expected->as_array()) {
    const std::string text(row.at("text").as_string());
    const auto embeddings = service->Embed({text});
    ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
    EXPECT_NEAR(embeddings->values[0], row.at("vector").at(0).to_number<double>(), 1e-6) << text;
  }
}

// Every graph has ranges of its own, which the user's texts widen. Vectors that were cut have none.
TEST_F(ExportModelTest, TheRangesOfComponentsAreRecorded) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.precisions = {Precision::kInt8};
  ASSERT_TRUE(ExportModel(options).ok());
  const auto narrow = Open(Precision::kInt8);
  ASSERT_NE(narrow, nullptr);
  const ComponentRanges ranges = narrow->component_ranges();
  ASSERT_EQ(ranges.least.size(), narrow->dim());
  ASSERT_EQ(ranges.greatest.size(), narrow->dim());
  for (size_t i = 0; i < ranges.least.size(); ++i) EXPECT_LT(ranges.least[i], ranges.greatest[i]);

  const fs::path own = folder_ / "own.txt";
  std::ofstream(own) << "race\nzzz zzz zzz\n0 0 0 0 0 0 0\n";
  options.calibration = own.string();
  options.overwrite = true;
  ASSERT_TRUE(ExportModel(options).ok());
  const auto service = Open(Precision::kInt8);
  const ComponentRanges wide = service->component_ranges();
  EXPECT_NE(wide, ranges);
  const auto own_vector = service->Embed({"zzz zzz zzz"});
  for (size_t i = 0; i < ranges.least.size(); ++i) {
    EXPECT_LE(wide.least[i], std::min(ranges.least[i], own_vector->values[i] + 1e-6F));
    EXPECT_GE(wide.greatest[i], std::max(ranges.greatest[i], own_vector->values[i] - 1e-6F));
  }

  EmbeddingsConfig cut = testing::TinyConfig();
  cut.model.path = options.output;
  cut.dim = 8;
  EXPECT_EQ((*EmbeddingsService::Open(cut))->component_ranges(), ComponentRanges());
}

TEST_F(ExportModelTest, ProgressGoesOneWay) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.precisions = {Precision::kFp32, Precision::kFp16, Precision::kInt8};
  const fs::path own = folder_ / "own.txt";
  std::ofstream(own) << "race in monaco\n";
  options.calibration = own.string();
  std::vector<double> fractions;
  options.progress = [&](std::string_view, double fraction) { fractions.push_back(fraction); };
  const Result<ExportReport> report = ExportModel(options);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_GT(fractions.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(fractions));
  EXPECT_LE(fractions.back(), 1);
}

TEST_F(ExportModelTest, AnInt8VectorDoesNotDependOnItsBatch) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.precisions = {Precision::kInt8};
  ASSERT_TRUE(ExportModel(options).ok());
  // It was made only for comparison; nobody asked for it.
  EXPECT_FALSE(fs::exists(folder_ / "out/model.onnx"));
  const auto service = Open(Precision::kInt8);
  ASSERT_NE(service, nullptr);
  const std::vector<std::string> texts = {
      "monaco", "grand prix", "a race in brazil", "qualifying", "the long text of a race", "spa"};
  const auto together = service->Embed(texts);
  ASSERT_TRUE(together.ok());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = service->Embed({texts[i]});
    ASSERT_TRUE(alone.ok());
    EXPECT_TRUE(std::ranges::equal(alone->row(0), together->row(i))) << texts[i];
  }
}

TEST_F(ExportModelTest, PoolingInTheGraphGivesTheSameVector) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  const Result<ExportReport> plain = ExportModel(options);
  ASSERT_TRUE(plain.ok()) << plain.status().ToString();
  const auto outside = Open(Precision::kFp32)->Embed({"monaco grand prix"});
  options.overwrite = true;
  options.sentence_embedding = true;
  const Result<ExportReport> pooled = ExportModel(options);
  ASSERT_TRUE(pooled.ok()) << pooled.status().ToString();
  const auto inside = Open(Precision::kFp32)->Embed({"monaco grand prix"});
  ASSERT_TRUE(outside.ok() && inside.ok());
  EXPECT_GT(Cosine(outside->row(0), inside->row(0)), 1 - 1e-6);
}

TEST_F(ExportModelTest, TheHubLayoutPutsGraphsIntoASubfolder) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.layout = ExportLayout::kHub;
  ASSERT_TRUE(ExportModel(options).ok());
  EXPECT_TRUE(fs::exists(folder_ / "out/onnx/model.onnx"));
  EXPECT_TRUE(fs::exists(folder_ / "out/tokenizer.json"));
  ASSERT_NE(Open(Precision::kAuto), nullptr);
}

TEST_F(ExportModelTest, ComparesWithTheUsersOwnTexts) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.precisions = {Precision::kFp32, Precision::kInt8};
  options.calibration = (folder_ / "texts.txt").string();
  std::ofstream(options.calibration) << "monaco\n\ngrand prix\r\nsilverstone\n";
  ASSERT_TRUE(ExportModel(options).ok());
  const auto quality = ReadJsonFile(folder_ / "out/quality.json");
  ASSERT_TRUE(quality.ok()) << quality.status().ToString();
  const auto& sets = quality->at("texts").as_array();
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[1].at("count").to_number<int>(), 3);

  std::ofstream(options.calibration) << "monaco\n\xFF\n";
  options.overwrite = true;
  const Result<ExportReport> bad = ExportModel(options);
  EXPECT_EQ(bad.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(bad.status().message(), HasSubstr("texts.txt:2"));
}

TEST_F(ExportModelTest, AFailureLeavesNothingBehind) {
  const fs::path source = CopyTiny();
  const ExportOptions options = Options(source);
  fs::resize_file(source / "model.safetensors", 5000);
  EXPECT_EQ(ExportModel(options).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(FilesBeside(), 1U);
  fs::remove(source / "model.safetensors");
  EXPECT_EQ(ExportModel(options).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(FilesBeside(), 1U);
}

TEST_F(ExportModelTest, AnUnknownArchitectureIsNamed) {
  const fs::path source = CopyTiny();
  std::ofstream(source / "config.json")
      << R"({"model_type": "t5", "architectures": ["T5EncoderModel"]})";
  const Status status = ExportModel(Options(source)).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("t5"));
  EXPECT_THAT(status.message(), HasSubstr("modernbert"));
  EXPECT_EQ(FilesBeside(), 1U);
}

TEST_F(ExportModelTest, AnExistingFolderStays) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  ASSERT_TRUE(ExportModel(options).ok());
  const Status status = ExportModel(options).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  options.overwrite = true;
  EXPECT_TRUE(ExportModel(options).ok());
}

// Sets the hub's variables for one test.
class HubEnvironment {
 public:
  HubEnvironment(const std::string& endpoint, const fs::path& cache) {
    ::setenv("HF_ENDPOINT", endpoint.c_str(), 1);
    ::setenv("HF_HUB_CACHE", cache.c_str(), 1);
  }
  ~HubEnvironment() {
    for (const char* name : {"HF_ENDPOINT", "HF_HUB_CACHE", "HF_HUB_OFFLINE"}) ::unsetenv(name);
  }
  HubEnvironment(const HubEnvironment&) = delete;
  HubEnvironment& operator=(const HubEnvironment&) = delete;
};

// tiny-bert as a hub serves it, without the graphs that our tests keep beside its weights.
Repository TinyCheckpoint() {
  Repository repository{.large = {"model.safetensors"}};
  const fs::path tiny = testing::TestData("model/tiny-bert");
  for (const auto& entry : fs::recursive_directory_iterator(tiny)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".onnx") continue;
    const auto content = ReadFile(entry.path());
    EXPECT_TRUE(content.ok());
    repository.files[entry.path().lexically_relative(tiny).string()] = *content;
  }
  return repository;
}

// The message said neither that the hub gave no answer nor that the graph can be used.
TEST_F(ExportModelTest, ARepositoryWithAGraphAndNoWeightsNamesTheWayOut) {
  Repository repository = TinyCheckpoint();
  repository.large.clear();
  repository.files.erase("model.safetensors");
  repository.files["model.onnx"] = *ReadFile(testing::TestData("model/tiny-bert/model.onnx"));
  const ExportOptions options = Options("org/tiny");
  {
    const HubServer server(
        [&](const ServerRequest& request) { return repository.Answer(request); });
    const HubEnvironment environment(server.Url(), folder_ / "hub");
    const Status status = ExportModel(options).status();
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("no weights"),
                      HasSubstr("(model.onnx): use org/tiny itself as the model")));
  }
  const HubEnvironment environment("http://127.0.0.1:9", folder_ / "hub");
  ::setenv("HF_HUB_OFFLINE", "1", 1);
  EXPECT_THAT(ExportModel(options).status().message(),
              AllOf(HasSubstr("no weights"), HasSubstr("use org/tiny itself as the model"),
                    HasSubstr("the hub was not asked ("), HasSubstr(repository.commit)));
}

TEST_F(ExportModelTest, AModelIdIsPulledAndRecordedWithItsCommit) {
  const Repository repository = TinyCheckpoint();
  ExportOptions options = Options("org/tiny");
  std::vector<std::string> steps;
  {
    const HubServer server(
        [&](const ServerRequest& request) { return repository.Answer(request); });
    const HubEnvironment environment(server.Url(), folder_ / "hub");
    options.progress = [&](std::string_view step, double) { steps.emplace_back(step); };
    const Result<ExportReport> report = ExportModel(options);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_TRUE(report->warnings.empty());
    EXPECT_EQ(steps.front(), "pulling org/tiny");
  }
  const auto record = ReadJsonFile(folder_ / "out/vetor_model.json");
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->at("source").as_string(), "org/tiny");
  EXPECT_EQ(record->at("revision").as_string(), repository.commit);

  // The hub is too busy to answer. This was an error, although the cache had every file.
  {
    const HubServer busy([](const ServerRequest&) {
      return ServerAnswer{429, {"Retry-After: 300"}};
    });
    const HubEnvironment environment(busy.Url(), folder_ / "hub");
    options.overwrite = true;
    const Result<ExportReport> report = ExportModel(options);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    ASSERT_EQ(report->warnings.size(), 1U);
    EXPECT_THAT(report->warnings[0], AllOf(HasSubstr("the hub did not answer ("), HasSubstr("429"),
                                           HasSubstr("the copy in the cache was exported, commit " +
                                                     repository.commit)));
  }

  // Without the hub, the export uses what the cache has and says so; of another branch the cache
  // has nothing.
  const HubEnvironment environment("http://127.0.0.1:9", folder_ / "hub");
  ::setenv("HF_HUB_OFFLINE", "1", 1);
  const Result<ExportReport> cached = ExportModel(options);
  ASSERT_TRUE(cached.ok()) << cached.status().ToString();
  ASSERT_EQ(cached->warnings.size(), 1U);
  EXPECT_THAT(cached->warnings[0],
              AllOf(HasSubstr("the hub was not asked ("),
                    HasSubstr("the copy in the cache was exported, commit " + repository.commit)));
  options.revision = "dev";
  const Status missing = ExportModel(options).status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("no folder org/tiny"));
}

TEST_F(ExportModelTest, ACrossEncoderIsRefusedAndNothingIsLeft) {
  const fs::path source = CopyTiny();
  fs::remove(source / "modules.json");
  std::string config = *ReadFile(source / "config.json");
  const size_t at = config.find("\"BertModel\"");
  ASSERT_NE(at, std::string::npos) << config;
  std::ofstream(source / "config.json")
      << config.replace(at, 11, "\"BertForSequenceClassification\"");
  const Status status = ExportModel(Options(source)).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("cross-encoder"));
  EXPECT_EQ(FilesBeside(), 1U);
}

// Guards against an export that lacks the files that left the source meanwhile.
TEST_F(ExportModelTest, ASourceThatChangesMeanwhileIsRefused) {
  const std::vector<std::pair<std::string, std::function<void(const fs::path&)>>> changes = {
      {"has gone", [](const fs::path& source) { fs::remove_all(source); }},
      {"tokenizer.json has changed",
       [](const fs::path& source) { std::ofstream(source / "tokenizer.json") << "{}"; }},
      {"1_Pooling/config.json has gone",
       [](const fs::path& source) { fs::remove(source / "1_Pooling" / "config.json"); }}};
  for (const auto& [words, change] : changes) {
    const fs::path source = CopyTiny();
    ExportOptions options = Options(source);
    options.progress = [&, act = change](std::string_view step, double) {
      if (step == "checksums") act(source);
    };
    const Status status = ExportModel(options).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr(words));
    EXPECT_FALSE(fs::exists(options.output));
    fs::remove_all(source);
  }
}

TEST_F(ExportModelTest, ARefusedModuleListIsNamedInTheUsersFolder) {
  const fs::path source = CopyTiny();
  std::ofstream(source / "modules.json")
      << R"([{"path":"","type":"a.Transformer"},{"path":"1_Pooling","type":"a.Pooling"},)"
      << R"({"path":"1_Pooling","type":"a.Pooling"}])";
  const Status status = ExportModel(Options(source)).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr((source / "modules.json").string()));
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("partial")));
}

// The files are read from their copies, in a folder that a failure removes.
TEST_F(ExportModelTest, ARefusedTokenizerIsNamedInTheUsersFolder) {
  const fs::path source = CopyTiny();
  for (const auto& [content, code] :
       {std::pair(R"({"tokenizer_class": "BertJapaneseTokenizer"})", StatusCode::kUnimplemented),
        std::pair(R"({"truncation_side": "up"})", StatusCode::kInvalidArgument)}) {
    std::ofstream(source / "tokenizer_config.json") << content;
    const Status status = ExportModel(Options(source)).status();
    EXPECT_EQ(status.code(), code) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr((source / "tokenizer_config.json").string()));
    EXPECT_THAT(status.message(), ::testing::Not(HasSubstr(Options(source).output)));
  }
}

// The report and the folder's record name the parts of the checkpoint that are not in the graph.
TEST_F(ExportModelTest, ALeftOutHeadIsNoted) {
  const fs::path source = CopyTiny();
  const std::string weights = *ReadFile(source / "model.safetensors");
  uint64_t header_size = 0;
  std::memcpy(&header_size, weights.data(), sizeof header_size);
  std::string header = weights.substr(sizeof header_size, header_size);
  std::string data = weights.substr(sizeof header_size + header_size);
  header.erase(header.rfind('}'));
  header += R"(,"cls.predictions.bias":{"dtype":"F32","shape":[1],"data_offsets":[)" +
            std::to_string(data.size()) + "," + std::to_string(data.size() + 4) + "]}}";
  data += std::string(4, '\0');
  std::ofstream(source / "model.safetensors", std::ios::binary) << SafetensorsBytes(header, data);
  const auto report = ExportModel(Options(source));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  ASSERT_EQ(report->notes.size(), 1U);
  EXPECT_THAT(report->notes[0], HasSubstr("left out, because the encoder does not use it: "));
  EXPECT_THAT(report->notes[0], HasSubstr("cls.predictions (1 tensor)"));
  EXPECT_THAT(*ReadFile(folder_ / "out" / "vetor_model.json"), HasSubstr("cls.predictions"));
}

TEST_F(ExportModelTest, AStopLeavesNothingBehind) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  std::stop_source source;
  options.stop = source.get_token();
  options.progress = [&](std::string_view step, double) {
    if (step.find("checking") != std::string_view::npos) source.request_stop();
  };
  EXPECT_EQ(ExportModel(options).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(FilesBeside(), 0U);
}

TEST_F(ExportModelTest, OptionsAreChecked) {
  ExportOptions options = Options(testing::TestData("model/tiny-bert"));
  options.opset = 11;
  EXPECT_THAT(ExportModel(options).status().message(), HasSubstr("12 to 23"));
  options.opset = 12;
  options.precisions = {Precision::kBf16};
  EXPECT_THAT(ExportModel(options).status().message(), HasSubstr("bf16"));
  options.precisions = {Precision::kInt8};
  options.source = "";
  EXPECT_EQ(ExportModel(options).status().code(), StatusCode::kInvalidArgument);
  options.source = (folder_ / "nowhere").string();
  EXPECT_EQ(ExportModel(options).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace vetor
