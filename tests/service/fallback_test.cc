// Tests what Open does if the ONNX backend cannot start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "os/log.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using testing::TinyConfig;

struct Fault {
  const char* name;
  std::function<void(EmbeddingsConfig*)> make;
  const char* message;
};

class FallbackTest : public ::testing::TestWithParam<Fault> {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }
};

TEST_P(FallbackTest, HashingRunsAndSaysSoEverywhere) {
  EmbeddingsConfig config = TinyConfig();
  GetParam().make(&config);
  config.fallback = Fallback::kHashing;
  const auto service = EmbeddingsService::Open(config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  EXPECT_EQ((*service)->active_backend(), "hashing");
  EXPECT_EQ((*service)->model_id(), "hashing-256");
  EXPECT_THAT((*service)->fallback_reason(), HasSubstr(GetParam().message));
  const Metrics metrics = (*service)->metrics();
  EXPECT_TRUE(metrics.fallback);
  EXPECT_THAT(metrics.fallback_reason, HasSubstr(GetParam().message));
  const auto embeddings = (*service)->Embed({"GP de Mônaco"});
  ASSERT_TRUE(embeddings.ok());
  EXPECT_EQ(embeddings->model_id, "hashing-256");
}

TEST_P(FallbackTest, ErrorRefusesToStart) {
  EmbeddingsConfig config = TinyConfig();
  GetParam().make(&config);
  const auto service = EmbeddingsService::Open(config);
  ASSERT_FALSE(service.ok());
  EXPECT_THAT(service.status().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FallbackTest,
    ::testing::Values(
        Fault{"ModelMissing", [](EmbeddingsConfig* c) { c->model.path = "/no/such/model"; },
              "/no/such/model"},
        Fault{"ModelBroken",
              [](EmbeddingsConfig* c) {
                c->model.path = testing::TestData("model/SOURCE.md").string();
              },
              "SOURCE.md"},
        Fault{"TokenizerMissing",
              [](EmbeddingsConfig* c) { c->model.tokenizer_path = "/no/such/tokenizer.json"; },
              "tokenizer.json"},
        Fault{"RuntimeMissing",
              [](EmbeddingsConfig* c) {
                c->model.runtime = Runtime::kOnnxRuntime;
                c->onnx.library_path = "/no/such/libonnxruntime.so";
              },
              "/no/such/libonnxruntime.so"},
        Fault{"ProviderMissing", [](EmbeddingsConfig* c) { c->onnx.providers = {"coreml"}; },
              "CoreMLExecutionProvider"},
        Fault{"NativeModelMissing",
              [](EmbeddingsConfig* c) {
                c->model.runtime = Runtime::kNative;
                c->model.path = "/no/such/model";
              },
              "/no/such/model"},
        Fault{"NativeTokenizerMissing",
              [](EmbeddingsConfig* c) {
                c->model.runtime = Runtime::kNative;
                c->model.tokenizer_path = "/no/such/tokenizer.json";
              },
              "tokenizer.json"},
        Fault{"NativeGraphNotKnown",
              [](EmbeddingsConfig* c) {
                c->model.runtime = Runtime::kNative;
                c->model.path += "/model_quantized.onnx";
              },
              "cannot run on vetor's own kernels"},
        Fault{"NativeProviderMissing",
              [](EmbeddingsConfig* c) {
                c->model.runtime = Runtime::kNative;
                c->onnx.providers = {"coreml"};
              },
              "add \"cpu\""},
        Fault{"NotEnabled", [](EmbeddingsConfig* c) { c->onnx.enabled = false; },
              "ai.onnx.enabled"}),
    [](const auto& fault) { return std::string(fault.param.name); });

std::string* warnings = nullptr;

// There was a model path but no backend "onnx": hashing ran, and no line said so.
TEST(FallbackChoiceTest, AModelThatHashingLeavesUnusedIsSaid) {
  std::string said;
  warnings = &said;
  SetLogSink([](LogLevel level, std::string_view message) {
    if (level == LogLevel::kWarning) *warnings += message;
  });
  EmbeddingsConfig config;
  config.cache.enabled = false;
  EXPECT_TRUE(EmbeddingsService::Open(config).ok());
  EXPECT_EQ(said, "");
  config.model.path = "models/mine";
  const auto service = EmbeddingsService::Open(config);
  SetLogSink(nullptr);
  ASSERT_TRUE(service.ok());
  EXPECT_EQ((*service)->model_id(), "hashing-256");
  EXPECT_THAT(said, HasSubstr("models/mine is not used"));
}

// A checkpoint has no ONNX graph, yet the line said "the ONNX backend could not start".
TEST(FallbackChoiceTest, TheLogSaysThatTheModelCouldNotStart) {
  std::string said;
  warnings = &said;
  SetLogSink([](LogLevel level, std::string_view message) {
    if (level == LogLevel::kWarning) *warnings += message;
  });
  EmbeddingsConfig config = EmbeddingsConfig::ForModel("/no/such/checkpoint");
  config.fallback = Fallback::kHashing;
  config.cache.enabled = false;
  const auto service = EmbeddingsService::Open(config);
  SetLogSink(nullptr);
  ASSERT_TRUE(service.ok());
  EXPECT_TRUE(said.starts_with("the model could not start, hashing-256 is used instead: ")) << said;
}

TEST(FallbackChoiceTest, SwitchedOffRefuses) {
  EmbeddingsConfig config;
  config.enabled = false;
  EXPECT_EQ(EmbeddingsService::Open(config).status().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace vetor
