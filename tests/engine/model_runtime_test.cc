// A folder with a graph, opened as a user opens it: on vetor's own kernels if they know it.
#include "engine/model_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/model_tokenizer.h"
#include "engine/native_verdict.h"
#include "engine/open_engine.h"
#include "kernels/vector_norm.h"
#include "os/log.h"
#include "tests/support/known_graph.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ModelRuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override { testing::PutKnownGraph(folder_); }

  EmbeddingsConfig Config(Runtime runtime) {
    EmbeddingsConfig config = EmbeddingsConfig::ForModel((folder_ / "m").string());
    config.onnx.library_path = testing::TestRuntime();
    config.threads = 1;
    config.cache.enabled = false;
    config.model.runtime = runtime;
    return config;
  }

  static std::vector<float> VectorOf(const Engine& engine) {
    std::vector<float> vector(engine.dim());
    const Status status = engine.RunAlone("the race of the world at the calendar", vector);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return vector;
  }

  // As if this had been recorded for eight texts.
  void Record(const std::vector<float>& vector) {
    probes_.texts.assign(8, "the race of the world at the calendar");
    probes_.vectors.assign(8, vector);
  }

  TemporaryFolder folder_;
  Probes probes_;
};

TEST_F(ModelRuntimeTest, AutoAndNativeRunAKnownGraph) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto onnx = OpenEngine(Config(Runtime::kOnnxRuntime));
  ASSERT_TRUE(onnx.ok()) << onnx.status().ToString();
  EXPECT_THAT(onnx->traits().library, StartsWith("onnxruntime "));
  const std::vector<float> expected = VectorOf(*onnx);
  for (const Runtime runtime : {Runtime::kAuto, Runtime::kNative}) {
    const auto native = OpenEngine(Config(runtime));
    ASSERT_TRUE(native.ok()) << native.status().ToString();
    EXPECT_THAT(native->traits().library, StartsWith("native ("));
    EXPECT_EQ(native->info().runtime_reason, "");
    // Two vector spaces: their last bits differ.
    EXPECT_NE(native->info().fingerprint, onnx->info().fingerprint);
    const std::vector<float> found = VectorOf(*native);
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-6);
  }
}

// The file is in fp32; the kernels round what they multiply, and say so.
TEST_F(ModelRuntimeTest, Bf16IsMadeOfAnFp32File) {
  const auto exact = OpenEngine(Config(Runtime::kNative));
  ASSERT_TRUE(exact.ok()) << exact.status().ToString();
  const std::vector<float> expected = VectorOf(*exact);
  std::string fingerprint;
  for (const Runtime runtime : {Runtime::kAuto, Runtime::kNative}) {
    EmbeddingsConfig config = Config(runtime);
    config.model.precision = Precision::kBf16;
    const auto rounded = OpenEngine(config);
    ASSERT_TRUE(rounded.ok()) << rounded.status().ToString();
    EXPECT_EQ(rounded->traits().precision, "bf16");
    EXPECT_THAT(rounded->traits().library, StartsWith("native ("));
    EXPECT_THAT(rounded->traits().numerics, HasSubstr("bf16"));
    EXPECT_NE(rounded->info().fingerprint, exact->info().fingerprint);
    const std::vector<float> found = VectorOf(*rounded);
    EXPECT_NE(found, expected);
    EXPECT_GE(Cosine(found, expected), 0.9995);
  }
}

TEST_F(ModelRuntimeTest, NothingStandsInForBf16) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.model.precision = Precision::kBf16;
  const auto error = [&] { return OpenEngine(config).status(); };
  config.onnx.providers = {"cuda", "cpu"};
  EXPECT_EQ(error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(error().message(), AllOf(HasSubstr("\"bf16\""), HasSubstr("\"cuda\"")));
  config.onnx.providers = {"cpu"};
  config.model.runtime = Runtime::kOnnxRuntime;
  EXPECT_EQ(error().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(error().message(), HasSubstr("\"bf16\""));
}

// The recorded vectors are those of fp32, and a verdict holds for its precision alone.
TEST_F(ModelRuntimeTest, Bf16IsHeldToTheRecordOnceAndThenToItsCosine) {
  EmbeddingsConfig config = Config(Runtime::kNative);
  testing::RecordVectors(config, 0);
  config.cache.enabled = true;
  config.cache.dir = (folder_ / "cache").string();
  const auto verdicts = [&] { return ReadVerdictFolder(folder_ / "cache" / "native").files; };
  ASSERT_TRUE(OpenEngine(config).ok());
  EXPECT_EQ(verdicts(), 1);
  config.model.precision = Precision::kBf16;
  for (int i = 0; i < 2; ++i) {
    const auto opened = OpenEngine(config);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    EXPECT_EQ(verdicts(), 2);
  }
}

// Guards against kernels that are wrong in fp32, for which ONNX Runtime would stand in.
TEST_F(ModelRuntimeTest, AWrongRecordIsAnErrorInBf16) {
  EmbeddingsConfig config = Config(Runtime::kAuto);
  testing::RecordVectors(config, 1e-3F);
  config.model.precision = Precision::kBf16;
  const auto opened = OpenEngine(config);
  EXPECT_EQ(opened.status().code(), StatusCode::kInternal) << opened.status().ToString();
}

std::string* logged = nullptr;

// The log at level debug, for as long as it lives.
class DebugLog {
 public:
  DebugLog() {
    logged = &text;
    SetLogSink([](LogLevel, std::string_view message) { *logged += message; });
    SetLogLevel(LogLevel::kDebug);
  }
  ~DebugLog() {
    SetLogLevel(LogLevel::kWarning);
    SetLogSink(nullptr);
  }
  DebugLog(const DebugLog&) = delete;
  DebugLog& operator=(const DebugLog&) = delete;

  std::string text;
};

// Guards against ONNX Runtime's memory in every process of a model that has no record: 100 MB more
// with bge-small, as long as the service was open.
TEST_F(ModelRuntimeTest, OnnxRuntimeIsComparedWithOnlyIfTheVerdictIsKept) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  DebugLog said;
  EmbeddingsConfig config = Config(Runtime::kAuto);
  EXPECT_TRUE(OpenEngine(config).ok());
  EXPECT_THAT(said.text, Not(HasSubstr("session started")));
  config.cache.enabled = true;
  config.cache.dir = (folder_ / "cache").string();
  EXPECT_TRUE(OpenEngine(config).ok());
  EXPECT_THAT(said.text, HasSubstr("session started"));
  said.text.clear();
  EXPECT_TRUE(OpenEngine(config).ok());
  EXPECT_THAT(said.text, Not(HasSubstr("session started")));
}

// Guards against a verdict of the reference pass, which sees no misreading of the graph, that was
// believed after ONNX Runtime had been installed.
TEST_F(ModelRuntimeTest, AVerdictWithoutOnnxRuntimeHoldsOnlyWithoutIt) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  DebugLog said;
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.cache.enabled = true;
  config.cache.dir = (folder_ / "cache").string();
  config.onnx.library_path = "/nowhere/libonnxruntime.so";
  EXPECT_TRUE(OpenEngine(config).ok());
  EXPECT_TRUE(OpenEngine(config).ok());
  EXPECT_THAT(said.text, Not(HasSubstr("session started")));
  config.onnx.library_path = testing::TestRuntime();
  EXPECT_TRUE(OpenEngine(config).ok());
  EXPECT_THAT(said.text, HasSubstr("session started"));
}

// A recognised graph needs no ONNX Runtime.
TEST_F(ModelRuntimeTest, RunsWithoutOnnxRuntime) {
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.onnx.library_path = "/nowhere/libonnxruntime.so";
  const auto engine = OpenEngine(config);
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  EXPECT_THAT(engine->traits().library, StartsWith("native ("));
}

// It ended with "ONNX Runtime is needed", although the weights lay beside the graph.
TEST_F(ModelRuntimeTest, ACheckpointBesideAnUnknownGraphRunsWithoutOnnxRuntime) {
  folder_.CopyModel("tiny-bert", "both");
  for (const char* known : {"model.onnx", "model_fp16.onnx"}) {
    std::filesystem::remove(folder_ / "both" / known);
  }
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.model.path = (folder_ / "both").string();
  config.onnx.library_path = "/nowhere/libonnxruntime.so";
  DebugLog said;
  const auto engine = OpenEngine(config);
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  EXPECT_EQ(engine->traits().precision, "fp32");
  EXPECT_THAT(said.text, HasSubstr("the checkpoint in " + config.model.path));
  const auto checkpoint = [&] {
    EmbeddingsConfig native = config;
    native.model.runtime = Runtime::kNative;
    return OpenEngine(native);
  }();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_EQ(engine->info().fingerprint, checkpoint->info().fingerprint);
  // A graph that is named as such is not replaced, nor is one of another precision.
  config.model.path += "/model_quantized.onnx";
  EXPECT_FALSE(OpenEngine(config).ok());
}

TEST_F(ModelRuntimeTest, ADisagreementMeansOnnxRuntimeOrAnError) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  auto config = Config(Runtime::kAuto);
  const auto model = ReadNamedModel(config.model);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const std::string fingerprint = "of the model";
  const auto tokenizer = OpenTokenizer(*model);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  const auto right = OpenEngine(Config(Runtime::kNative));
  ASSERT_TRUE(right.ok());
  const OnnxBackendOptions options{.graph = model->graph,
                                   .files = model->files,
                                   .library_path = testing::TestRuntime(),
                                   .providers = {"cpu"}};
  const AcceptRequest request{.config = &config,
                              .model = &*model,
                              .options = &options,
                              .tokenizer = tokenizer->get(),
                              .probes = &probes_,
                              .fingerprint = &fingerprint,
                              .verdicts = folder_ / "verdicts"};
  auto choice = ChooseRuntime(config, *model);
  ASSERT_TRUE(choice.ok()) << choice.status().ToString();
  auto backend = OpenChosen(*choice, options);
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();

  std::vector<float> vector = VectorOf(*right);
  const std::vector<float> agreeing = vector;
  vector[0] += 1e-3F;  // Its cosine is still above 0.9999.
  Record(vector);
  config.model.runtime = Runtime::kNative;
  EXPECT_EQ(AcceptRuntime(request, &*choice, &*backend).status().code(), StatusCode::kInternal);
  config.model.runtime = Runtime::kAuto;
  RuntimeChoice replaced = *choice;
  std::unique_ptr<Backend> other = OpenChosen(replaced, options).value();
  auto compared = AcceptRuntime(request, &replaced, &other);
  ASSERT_TRUE(compared.ok()) << compared.status().ToString();
  EXPECT_FALSE(*compared);
  EXPECT_THAT(other->traits().library, StartsWith("onnxruntime "));
  EXPECT_THAT(replaced.why_not_native, HasSubstr("vetor_model.json"));

  // Nothing was remembered of vectors that disagree; of those that agree it is.
  Record(agreeing);
  compared = AcceptRuntime(request, &*choice, &*backend);
  ASSERT_TRUE(compared.ok()) << compared.status().ToString();
  EXPECT_TRUE(*compared);
  EXPECT_THAT((*backend)->traits().library, StartsWith("native ("));
  Record(vector);
  compared = AcceptRuntime(request, &*choice, &*backend);
  ASSERT_TRUE(compared.ok()) << compared.status().ToString();
  EXPECT_FALSE(*compared) << "a verdict that is remembered is not made again";
}

}  // namespace
}  // namespace vetor
