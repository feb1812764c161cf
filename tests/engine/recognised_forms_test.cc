// Folders whose graph is in fp16, gives finished vectors or was fused by ONNX Runtime's optimiser,
// opened as a user opens them.
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
#include "engine/native_check.h"
#include "engine/open_engine.h"
#include "exporter/graph/graph_writer.h"
#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/engine/shifted_backend.h"
#include "tests/support/known_graph.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"
#include "tests/support/unpacked_data.h"
#include "vetor/export_model.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kSentence = "the race of the world at the calendar";

double Furthest(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return HUGE_VAL;
  double furthest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    furthest = std::max(furthest, std::fabs(double{a[i]} - double{b[i]}));
  }
  return furthest;
}

class RecognisedFormsTest : public ::testing::Test {
 protected:
  void SetUp() override { folder_.CopyModel("tiny-bert", "source"); }

  // The folder that `vetor export` makes of tiny-bert's checkpoint.
  void Export(Precision precision, bool sentence_embedding) {
    ExportOptions options{.source = (folder_ / "source").string(),
                          .output = (folder_ / "m").string(),
                          .precisions = {precision}};
    options.sentence_embedding = sentence_embedding;
    options.library_path = testing::TestRuntime();
    const auto report = ExportModel(options);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
  }

  EmbeddingsConfig Config(Runtime runtime) const {
    EmbeddingsConfig config = EmbeddingsConfig::ForModel((folder_ / "m").string());
    config.onnx.library_path = testing::TestRuntime();
    config.threads = 1;
    config.cache.enabled = false;
    config.model.runtime = runtime;
    return config;
  }

  static std::vector<float> VectorOf(const Result<Engine>& engine) {
    EXPECT_TRUE(engine.ok()) << engine.status().ToString();
    if (!engine.ok()) return {};
    std::vector<float> vector(engine->dim());
    const Status status = engine->RunAlone(kSentence, vector);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return vector;
  }

  TemporaryFolder folder_;
};

class HalfFolderTest : public RecognisedFormsTest {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    RecognisedFormsTest::SetUp();
    Export(Precision::kFp16, false);
  }
};

// The recorded vectors are those of ONNX Runtime, which may have rounded to fp16.
TEST_F(HalfFolderTest, RunsOnOurKernelsInFloat32) {
  const auto native = OpenEngine(Config(Runtime::kNative));
  ASSERT_TRUE(native.ok()) << native.status().ToString();
  EXPECT_THAT(native->traits().library, StartsWith("native ("));
  EXPECT_EQ(native->traits().precision, "fp32");
  const auto onnx = OpenEngine(Config(Runtime::kOnnxRuntime));
  ASSERT_TRUE(onnx.ok()) << onnx.status().ToString();
  EXPECT_EQ(onnx->traits().precision, "fp16");
  EXPECT_LE(Furthest(VectorOf(native), VectorOf(onnx)), kMostHalfDifference);
  EXPECT_NE(native->info().fingerprint, onnx->info().fingerprint);
}

TEST_F(HalfFolderTest, AnExplicitFp16IsArithmeticInFp16) {
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.model.precision = Precision::kFp16;
  const auto onnx = OpenEngine(config);
  ASSERT_TRUE(onnx.ok()) << onnx.status().ToString();
  EXPECT_THAT(onnx->traits().library, StartsWith("onnxruntime "));
  EXPECT_THAT(onnx->info().runtime_reason, HasSubstr("precision \"fp16\" was asked for"));
  config.model.runtime = Runtime::kNative;
  const auto native = OpenEngine(config);
  EXPECT_EQ(native.status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(native.status().message(), HasSubstr("leave the precision out"));
}

// What an opening accepts of a folder, with kernels that are wrong by `kernels` and vectors that
// were recorded with a rounding of `record`.
Status Accept(const EmbeddingsConfig& config, float kernels, float record,
              const std::vector<float>& vector) {
  const auto model = ReadNamedModel(config.model);
  if (!model.ok()) return model.status();
  const auto tokenizer = OpenTokenizer(*model);
  if (!tokenizer.ok()) return tokenizer.status();
  const OnnxBackendOptions options{.graph = model->graph,
                                   .files = model->files,
                                   .library_path = testing::TestRuntime(),
                                   .providers = {"cpu"}};
  Probes probes{.texts = {kSentence}, .vectors = {vector}};
  probes.vectors[0][0] += record;
  const std::string fingerprint = "of the model";
  const AcceptRequest request{.config = &config,
                              .model = &*model,
                              .options = &options,
                              .tokenizer = tokenizer->get(),
                              .probes = &probes,
                              .fingerprint = &fingerprint};
  auto choice = ChooseRuntime(config, *model);
  if (!choice.ok()) return choice.status();
  auto backend = OpenChosen(*choice, options);
  if (!backend.ok()) return backend.status();
  *backend = std::make_unique<testing::ShiftedBackend>(*std::move(backend), kernels);
  return AcceptRuntime(request, &*choice, &*backend).status();
}

// Roundings of a record in fp16 are accepted; those of kernels are not, and in fp32 none are.
TEST_F(HalfFolderTest, RecordsMayBeRoundedAndKernelsMayNot) {
  const EmbeddingsConfig config = Config(Runtime::kNative);
  const std::vector<float> vector = VectorOf(OpenEngine(config));
  EXPECT_TRUE(Accept(config, 0, 5e-4F, vector).ok());
  EXPECT_EQ(Accept(config, 0, 1e-2F, vector).code(), StatusCode::kInternal);
  const Status wrong = Accept(config, 1e-3F, 0, vector);
  EXPECT_EQ(wrong.code(), StatusCode::kInternal);
  EXPECT_THAT(wrong.message(), HasSubstr("reference pass"));
}

class PooledFolderTest : public RecognisedFormsTest {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    RecognisedFormsTest::SetUp();
    Export(Precision::kFp32, true);
  }
};

TEST_F(PooledFolderTest, GivesTheVectorsOfOnnxRuntime) {
  for (const std::optional<bool> normalize : {std::optional<bool>(), std::optional(false)}) {
    for (const std::optional<int> dim : {std::optional<int>(), std::optional(7)}) {
      EmbeddingsConfig config = Config(Runtime::kNative);
      config.normalize = normalize;
      config.dim = dim;
      const auto native = OpenEngine(config);
      ASSERT_TRUE(native.ok()) << native.status().ToString();
      EXPECT_THAT(native->traits().library, StartsWith("native ("));
      EXPECT_EQ(native->traits().output_axis, OutputAxis::kTexts);
      config.model.runtime = Runtime::kOnnxRuntime;
      EXPECT_LE(Furthest(VectorOf(native), VectorOf(OpenEngine(config))), 1e-6);
    }
  }
}

TEST_F(PooledFolderTest, AnOutputThatIsNamedIsTaken) {
  for (const char* output : {"sentence_embedding", "last_hidden_state"}) {
    EmbeddingsConfig config = Config(Runtime::kNative);
    config.model.output_name = output;
    const auto native = OpenEngine(config);
    ASSERT_TRUE(native.ok()) << native.status().ToString();
    const bool texts = native->traits().output_axis == OutputAxis::kTexts;
    EXPECT_EQ(texts, output == std::string("sentence_embedding"));
    config.model.runtime = Runtime::kOnnxRuntime;
    EXPECT_LE(Furthest(VectorOf(native), VectorOf(OpenEngine(config))), 1e-6);
  }
}

// Without a record and without ONNX Runtime the reference pass is pooled as the graph does.
TEST_F(PooledFolderTest, IsAcceptedByTheReferencePass) {
  std::filesystem::remove(folder_ / "m/vetor_model.json");
  EmbeddingsConfig config = Config(Runtime::kAuto);
  config.onnx.library_path = "/nowhere/libonnxruntime.so";
  const auto engine = OpenEngine(config);
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  EXPECT_THAT(engine->traits().library, StartsWith("native ("));
}

TEST_F(PooledFolderTest, AWrongKernelIsFoundBehindPooling) {
  const EmbeddingsConfig config = Config(Runtime::kNative);
  const std::vector<float> vector = VectorOf(OpenEngine(config));
  EXPECT_TRUE(Accept(config, 0, 0, vector).ok());
  EXPECT_EQ(Accept(config, 1e-3F, 0, vector).code(), StatusCode::kInternal);
}

class FusedFolderTest : public RecognisedFormsTest {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }

  // A folder of tiny-bert's tokenizer with a fused graph, whose tables get as many rows as the
  // tokenizer has words and the folder positions.
  void Put(const std::string& name) {
    const auto path = testing::PutKnownGraph(folder_) / "model.onnx";
    auto model = testing::LoadGraph(UnpackedData("fused_graphs") / (name + ".onnx"));
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    for (OnnxInitializer& table : model->initializers) {
      const bool words = table.name.find("word_embeddings") != std::string::npos;
      if (!words && table.name.find("position_embeddings") == std::string::npos) continue;
      const std::string rows = testing::BytesOf(table);
      table.dims[0] = words ? 160 : 64;
      std::string all = rows + rows;
      all.resize(static_cast<size_t>(table.dims[0]) * static_cast<size_t>(table.dims[1]) *
                 (table.element == OnnxElement::kFloat16 ? 2 : 4));
      testing::SetBytes(&table, std::move(all));
    }
    ASSERT_TRUE(WriteOnnxFile(*model, path).ok());
  }

  // How far our own kernels, which "auto" takes, are from ONNX Runtime.
  double Difference() {
    EmbeddingsConfig config = Config(Runtime::kAuto);
    config.cache.enabled = true;
    config.cache.dir =
        (folder_ / "cache").string();  // With a folder for the verdict the two are compared.
    const auto native = OpenEngine(config);
    EXPECT_TRUE(native.ok()) << native.status().ToString();
    if (!native.ok()) return HUGE_VAL;
    EXPECT_THAT(native->traits().library, StartsWith("native (")) << native->info().runtime_reason;
    EXPECT_EQ(native->traits().precision, "fp32");
    return Furthest(VectorOf(native), VectorOf(OpenEngine(Config(Runtime::kOnnxRuntime))));
  }
};

TEST_F(FusedFolderTest, RunsOnOurKernels) {
  Put("bert.optimum.opset_14.o2");
  EXPECT_LE(Difference(), 1e-6);
}

TEST_F(FusedFolderTest, RunsOnOurKernelsIfItIsInFp16) {
  Put("bert.optimum.opset_14.o4");
  EXPECT_LE(Difference(), kMostHalfDifference);
}

// Texts side by side, and one by one.
TEST_F(PooledFolderTest, ATextsBitsAreItsOwn) {
  const auto engine = OpenEngine(Config(Runtime::kNative));
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  const auto setting = engine->SettingFor("", OnLong::kTruncate);
  ASSERT_TRUE(setting.ok());
  TokenBatch batch{.row_begin = {0}};
  for (const char* text : {"the race", kSentence, "calendar of the world"}) {
    EncodedText encoded;
    ASSERT_TRUE(engine->Encode(text, 0, *setting, &encoded).ok());
    batch.token_ids.insert(batch.token_ids.end(), encoded.whole.ids.begin(),
                           encoded.whole.ids.end());
    batch.row_begin.push_back(static_cast<uint32_t>(batch.token_ids.size()));
  }
  std::vector<float> vectors(3 * engine->dim());
  ASSERT_TRUE(engine->Run(batch, vectors, nullptr).ok());
  const auto middle = vectors.begin() + static_cast<std::ptrdiff_t>(engine->dim());
  EXPECT_EQ(std::vector<float>(middle, middle + static_cast<std::ptrdiff_t>(engine->dim())),
            VectorOf(engine));
}

}  // namespace
}  // namespace vetor
