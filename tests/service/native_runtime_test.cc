// A service on vetor's own kernels: from a folder to vectors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "kernels/sets/kernel_set.h"
#include "os/cpu.h"
#include "os/file.h"
#include "os/json_file.h"
#include "os/machine.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::vector<std::string> kTexts = {
    "", "race", "the race of the world", "calendar of the world and the race in the calendar",
    "the race of the world at the race of the world is the race of the world in the calendar"};

// It takes position_ids.
std::string UnknownGraph() { return testing::TestData("model/valid/position_ids.onnx").string(); }

class NativeRuntimeTest : public ::testing::Test {
 protected:
  // tiny-bert without its graphs.
  EmbeddingsConfig Checkpoint() {
    folder_.CopyModel("tiny-bert", "m");
    for (const char* graph : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
      fs::remove(folder_ / "m" / graph);
    }
    EmbeddingsConfig config = testing::TinyConfig();
    config.model.path = (folder_ / "m").string();
    return config;
  }
  static std::unique_ptr<EmbeddingsService> Open(const EmbeddingsConfig& config) {
    auto service = EmbeddingsService::Open(config);
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    return service.ok() ? *std::move(service) : nullptr;
  }
  static Status Refusal(const EmbeddingsConfig& config) {
    return EmbeddingsService::Open(config).status();
  }
  TemporaryFolder folder_;
};

TEST_F(NativeRuntimeTest, ACheckpointIsAModel) {
  EmbeddingsConfig config = Checkpoint();
  config.onnx.library_path = "/nowhere/libonnxruntime.so";  // It is not needed.
  const auto service = Open(config);
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->active_backend(), "onnx");
  EXPECT_EQ(service->active_provider(), "CPUExecutionProvider");
  EXPECT_EQ(service->active_precision(), "fp32");
  EXPECT_THAT(service->info().active_runtime, StartsWith("native ("));
  EXPECT_EQ(service->metrics().runtime, service->info().active_runtime);
  EXPECT_EQ(service->runtime_reason(), "");
  EXPECT_EQ(service->metrics().runtime_reason, "");
  EXPECT_TRUE(service->Embed(kTexts).ok());
}

TEST_F(NativeRuntimeTest, ACheckpointRunsOnThePortableKernelsIfNothingElseCanRunIt) {
  const testing::ScopedVariable set("VETOR_CPU", "portable");
  const auto service = Open(Checkpoint());
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->active_runtime(), "native (portable)");
  EXPECT_EQ(service->runtime_reason(), "");
}

TEST_F(NativeRuntimeTest, WhyOnnxRuntimeRunsIsSaid) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = UnknownGraph();
  config.model.tokenizer_path = testing::TestData("model/tiny-bert/tokenizer.json").string();
  const auto service = Open(config);
  ASSERT_NE(service, nullptr);
  EXPECT_THAT(service->runtime_reason(), HasSubstr("node "));
  EXPECT_EQ(service->metrics().runtime_reason, service->runtime_reason());
}

// The error said that ONNX Runtime was not found, and not what it was needed for.
TEST_F(NativeRuntimeTest, WithoutOnnxRuntimeTheErrorSaysWhyItIsNeeded) {
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = UnknownGraph();
  config.model.tokenizer_path = testing::TestData("model/tiny-bert/tokenizer.json").string();
  config.onnx.library_path = "/no/such/libonnxruntime.so";
  const std::string message(Refusal(config).message());
  EXPECT_THAT(message, HasSubstr("ONNX Runtime is needed (node "));
  EXPECT_THAT(message, HasSubstr("/no/such/libonnxruntime.so"));
}

// Guards against a GPU that was asked for and a CPU that computes without a word.
TEST_F(NativeRuntimeTest, ACheckpointIsNotRunOnTheCpuIfTheListOfProvidersLeavesItOut) {
  EmbeddingsConfig config = Checkpoint();
  config.onnx.providers = {"cuda"};
  EXPECT_EQ(Refusal(config).code(), StatusCode::kUnavailable);
}

// Guards against a reranker whose checkpoint runs without the export that would refuse it: its
// vectors mean nothing.
TEST_F(NativeRuntimeTest, ACrossEncodersCheckpointIsRefused) {
  const EmbeddingsConfig config = Checkpoint();
  fs::remove(folder_ / "m" / "modules.json");
  auto model = ReadJsonFile(folder_ / "m" / "config.json");
  ASSERT_TRUE(model.ok());
  model->as_object()["architectures"] = boost::json::array{"BertForSequenceClassification"};
  folder_.Write("m/config.json", boost::json::serialize(*model));
  const Status refusal = Refusal(config);
  EXPECT_EQ(refusal.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(refusal.message(), HasSubstr("is a cross-encoder or classifier"));
}

TEST_F(NativeRuntimeTest, GivesTheVectorsOfOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto native = Open(Checkpoint());
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.runtime = Runtime::kOnnxRuntime;
  const auto onnx = Open(config);
  ASSERT_TRUE(native != nullptr && onnx != nullptr);
  EXPECT_THAT(onnx->info().active_runtime, StartsWith("onnxruntime "));
  const auto found = native->Embed(kTexts);
  const auto expected = onnx->Embed(kTexts);
  ASSERT_TRUE(found.ok() && expected.ok());
  for (size_t t = 0; t < kTexts.size(); ++t) {
    for (size_t i = 0; i < native->dim(); ++i) {
      ASSERT_NEAR(found->row(t)[i], expected->row(t)[i], 1e-6) << kTexts[t];
    }
  }
  // Its last bits differ, so its vectors are kept apart.
  EXPECT_NE(native->fingerprint(), onnx->fingerprint());
}

TEST_F(NativeRuntimeTest, TheCheckpointBesideAGraphRunsIfAskedFor) {
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.runtime = Runtime::kNative;
  const auto service = Open(config);
  ASSERT_NE(service, nullptr);
  EXPECT_THAT(service->info().active_runtime, StartsWith("native ("));
}

TEST_F(NativeRuntimeTest, OnnxRuntimeNeedsAGraph) {
  EmbeddingsConfig config = Checkpoint();
  config.model.runtime = Runtime::kOnnxRuntime;
  const Status status = Refusal(config);
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no ONNX graph"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("vetor export"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("ai.onnx.runtime"));
}

TEST_F(NativeRuntimeTest, NativeNeedsAGraphThatItKnows) {
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = UnknownGraph();
  config.model.tokenizer_path = testing::TestData("model/tiny-bert/tokenizer.json").string();
  config.model.runtime = Runtime::kNative;
  const Status status = Refusal(config);
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("node "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("; leave ai.onnx.runtime at \"auto\""));
}

TEST_F(NativeRuntimeTest, ACheckpointRunsInFp32) {
  EmbeddingsConfig config = Checkpoint();
  config.model.precision = Precision::kFp32;
  EXPECT_NE(Open(config), nullptr);
  config.model.precision = Precision::kInt8;
  const Status status = Refusal(config);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("fp32"));
}

TEST_F(NativeRuntimeTest, AnOutputThatOnlyAGraphHas) {
  EmbeddingsConfig config = Checkpoint();
  config.model.output_name = "pooler_output";
  EXPECT_EQ(Refusal(config).code(), StatusCode::kInvalidArgument);
}

TEST_F(NativeRuntimeTest, MoreTokensThanPositions) {
  EmbeddingsConfig config = Checkpoint();
  config.model.max_length = 100000;
  EXPECT_EQ(Refusal(config).code(), StatusCode::kInvalidArgument);
}

TEST_F(NativeRuntimeTest, AByteOfTheWeightsIsAnotherVectorSpace) {
  const EmbeddingsConfig config = Checkpoint();
  const auto before = Open(config);
  ASSERT_NE(before, nullptr);
  const fs::path weights = folder_ / "m/model.safetensors";
  {
    std::fstream file(weights, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x01');
  }
  const auto after = Open(config);
  ASSERT_NE(after, nullptr);
  EXPECT_NE(before->fingerprint(), after->fingerprint());
}

// The check of a model's vectors is made once per cache folder and instruction set: a second
// opening leaves the file alone, and one that finds another content writes it anew.
TEST_F(NativeRuntimeTest, ThatTheVectorsAreRightIsRemembered) {
  EmbeddingsConfig config = Checkpoint();
  config.cache.enabled = true;
  config.cache.dir = (folder_ / "cache").string();
  const auto files = [&] {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache" / "native")) {
      found[entry.path().string()] = ReadFile(entry.path()).value();
    }
    return found;
  };
  ASSERT_NE(Open(config), nullptr);
  const auto first = files();
  ASSERT_EQ(first.size(), 1u);
  const bool fast = !IsPortable(*ChooseKernelSet().value());
  const fs::path verdict = first.begin()->first;
  const auto old = fs::last_write_time(verdict) - std::chrono::hours(1);
  fs::last_write_time(verdict, old);
  ASSERT_NE(Open(config), nullptr);
  EXPECT_EQ(fs::last_write_time(verdict), old);
  folder_.Write(fs::path(verdict).lexically_relative(folder_.path()).string(), "damaged");
  ASSERT_NE(Open(config), nullptr);
  EXPECT_EQ(files(), first);
  const testing::ScopedVariable set("VETOR_CPU", "portable");
  ASSERT_NE(Open(config), nullptr);
  EXPECT_EQ(files().size(), fast ? 2u : 1u);
}

// Guards against weights that stay mapped beside what was packed of them: all-MiniLM-L6-v2 took
// 42 MiB more, while it was opened and for as long as it was open.
TEST_F(NativeRuntimeTest, ACheckpointIsInMemoryOnce) {
  const fs::path model = testing::FetchedModel("all-MiniLM-L6-v2-weights");
  VETOR_SKIP_WITHOUT(model);
  constexpr uint64_t kPackedBytes = 41'592 << 10;
  constexpr uint64_t kRest = 32 << 20;  // Tokenizer, scratch, words of the texts.
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = model.string();
  ReleaseFreeMemory();
  ResetPeakMemory();
  const uint64_t before = ReadMemoryUse().resident_bytes;
  const auto service = Open(config);
  ASSERT_NE(service, nullptr);
  ASSERT_TRUE(service->Embed(kTexts).ok());
  const MemoryUse after = ReadMemoryUse();
  EXPECT_LT(after.resident_bytes, before + kPackedBytes + kRest);
  EXPECT_LT(after.peak_resident_bytes, before + kPackedBytes + kRest);
}

TEST_F(NativeRuntimeTest, WithoutACacheOnDiskNothingIsWritten) {
  EmbeddingsConfig config = Checkpoint();
  config.cache.dir = (folder_ / "cache").string();  // The cache is switched off.
  ASSERT_NE(Open(config), nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

// As the scheduler forms them: one caller, many callers, one text or many.
TEST_F(NativeRuntimeTest, ATextsBitsAreTheSameHoweverItIsAskedFor) {
  const auto service = Open(Checkpoint());
  ASSERT_NE(service, nullptr);
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back(kTexts[static_cast<size_t>(i) % kTexts.size()]);
  const auto together = service->Embed(many);
  ASSERT_TRUE(together.ok());
  for (size_t t = 0; t < kTexts.size(); ++t) {
    const auto alone = service->Embed({kTexts[t]});
    ASSERT_TRUE(alone.ok());
    for (size_t i = 0; i < service->dim(); ++i) {
      ASSERT_EQ(alone->row(0)[i], together->row(t)[i]) << kTexts[t];
    }
  }
}

}  // namespace
}  // namespace vetor
