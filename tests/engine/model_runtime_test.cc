// A folder with a graph, opened as a user opens it: on vetor's own kernels if they know it.
#include "engine/model_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "encoder/encoder.h"
#include "engine/model_runtime.h"
#include "engine/model_tokenizer.h"
#include "engine/open_engine.h"
#include "exporter/graph/graph_writer.h"
#include "tests/model/golden_vectors.h"
#include "tests/model/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ModelRuntimeTest : public ::testing::Test {
 protected:
  // tiny-bert with a graph of our exporter, and nothing else that could run.
  void SetUp() override {
    folder_.CopyModel("tiny-bert", "m");
    auto checkpoint = Checkpoint::Open(folder_ / "m");
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
    const auto encoder = ReadEncoder(*checkpoint);
    ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
    for (const char* name : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
      std::filesystem::remove(folder_ / "m" / name);
    }
    ASSERT_TRUE(WriteGraph(*encoder, {}, folder_ / "m/model.onnx").ok());
    std::filesystem::remove(folder_ / "m/model.safetensors");
  }

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

// A recognised graph needs no ONNX Runtime.
TEST_F(ModelRuntimeTest, RunsWithoutOnnxRuntime) {
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.onnx.library_path = "/nowhere/libonnxruntime.so";
  const auto engine = OpenEngine(config);
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  EXPECT_THAT(engine->traits().library, StartsWith("native ("));
}

// Every tenth of the 2,000 texts, in many languages.
TEST(ModelRuntimeGoldenTest, GraphsGiveTheVectorsOfSentenceTransformers) {
  for (const auto& [folder, golden_name] : {std::pair{"all-MiniLM-L6-v2", "all-minilm-l6-v2"},
                                            std::pair{"bge-small-en-v1.5", "bge-small-en-v1.5"}}) {
    SCOPED_TRACE(folder);
    const auto path = testing::FetchedModel(folder);
    VETOR_SKIP_WITHOUT(path);
    std::string why;
    const auto golden = ReadGoldenVectors(golden_name, &why);
    ASSERT_TRUE(golden) << why;
    EmbeddingsConfig config = EmbeddingsConfig::ForModel(path.string());
    config.onnx.library_path = testing::TestRuntime();
    config.cache.enabled = false;
    config.model.runtime = Runtime::kNative;
    const auto engine = OpenEngine(config);
    ASSERT_TRUE(engine.ok()) << engine.status().ToString();
    ASSERT_EQ(engine->dim(), golden->dim);
    const auto setting = engine->SettingFor("", OnLong::kTruncate);
    ASSERT_TRUE(setting.ok());
    std::vector<float> vector(engine->dim());
    double worst = 0;
    for (size_t t = 0; t < golden->texts.size(); t += 10) {
      EncodedText text;
      ASSERT_TRUE(engine->Encode(golden->texts[t], t, *setting, &text).ok());
      ASSERT_TRUE(engine->RunAlone(text.whole, vector).ok());
      for (size_t i = 0; i < vector.size(); ++i) {
        worst = std::max(worst, std::fabs(double{vector[i]} - double{golden->row(t)[i]}));
      }
    }
    EXPECT_LE(worst, 1e-5 + kGoldenStorageError);
  }
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
