#include "engine/runtime_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernels/sets/kernel_set.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using testing::ScopedVariable;

const RuntimeCandidate kBoth = {.has_graph = true};

EmbeddingsConfig Asking(Runtime runtime) {
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.runtime = runtime;
  return config;
}

EmbeddingsConfig WithoutOnnxRuntime() {
  EmbeddingsConfig config = Asking(Runtime::kAuto);
  config.onnx.library_path = "/nowhere/libonnxruntime.so";
  return config;
}

std::string Why(const EmbeddingsConfig& config, const RuntimeCandidate& model) {
  return WhyNotNative(config, model).value();
}

TEST(RuntimeChoiceTest, WhatIsAskedForRuns) {
  EXPECT_EQ(Why(Asking(Runtime::kNative), kBoth), "");
  EXPECT_THAT(Why(Asking(Runtime::kOnnxRuntime), kBoth), HasSubstr("onnxruntime"));
}

TEST(RuntimeChoiceTest, WhatTheKernelsCannotRunIsSaid) {
  EXPECT_EQ(Why(Asking(Runtime::kAuto), {.has_graph = true, .unfit = "node 3"}), "node 3");
}

TEST(RuntimeChoiceTest, AFastSetIsTaken) {
  if (IsPortable(*SupportedKernelSets().front())) GTEST_SKIP() << "this processor has none";
  const ScopedVariable set("VETOR_CPU", SupportedKernelSets().front()->name);
  EXPECT_EQ(Why(Asking(Runtime::kAuto), kBoth), "");
}

TEST(RuntimeChoiceTest, ThePortableSetYieldsToOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const ScopedVariable set("VETOR_CPU", "portable");
  EXPECT_THAT(Why(Asking(Runtime::kAuto), kBoth), HasSubstr("portable"));
  EXPECT_EQ(Why(Asking(Runtime::kNative), kBoth), "");
}

// Nothing else computes in bf16, so that ONNX Runtime is not faster.
TEST(RuntimeChoiceTest, ThePortableSetComputesInBf16) {
  const ScopedVariable set("VETOR_CPU", "portable");
  EmbeddingsConfig config = Asking(Runtime::kAuto);
  config.model.precision = Precision::kBf16;
  EXPECT_EQ(Why(config, kBoth), "");
}

TEST(RuntimeChoiceTest, ThePortableSetRunsWhatNothingElseCan) {
  const ScopedVariable set("VETOR_CPU", "portable");
  EXPECT_EQ(Why(Asking(Runtime::kAuto), {.has_graph = false}), "");
  EXPECT_EQ(Why(WithoutOnnxRuntime(), kBoth), "");
}

// Guards against a misspelt name that took ONNX Runtime, and so another vector space, with one line
// at level info.
TEST(RuntimeChoiceTest, ANameThatVetorCpuDoesNotKnowIsAnError) {
  const ScopedVariable set("VETOR_CPU", "AVX2");
  const Status status = WhyNotNative(Asking(Runtime::kAuto), kBoth).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("VETOR_CPU"));
  EXPECT_TRUE(WhyNotNative(Asking(Runtime::kOnnxRuntime), kBoth).ok());
}

TEST(RuntimeChoiceTest, AnotherDeviceIsForOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  EmbeddingsConfig config = Asking(Runtime::kAuto);
  config.onnx.providers = {"cuda", "cpu"};
  EXPECT_THAT(Why(config, kBoth), HasSubstr("\"cuda\""));
}

// Guards against a GPU that was asked for and a CPU that computes without a word.
TEST(RuntimeChoiceTest, AListWithoutTheCpuKeepsTheKernelsOut) {
  EXPECT_TRUE(CheckNativeProviders({.providers = {"cuda", "CPU"}}).ok());
  EXPECT_TRUE(CheckNativeProviders({.providers = {}}).ok());
  const Status status = CheckNativeProviders({.providers = {"cuda"}});
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("add \"cpu\""));
}

}  // namespace
}  // namespace vetor
