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

TEST(RuntimeChoiceTest, WhatIsAskedForRuns) {
  EXPECT_EQ(WhyNotNative(Asking(Runtime::kNative), kBoth), "");
  EXPECT_THAT(WhyNotNative(Asking(Runtime::kOnnxRuntime), kBoth), HasSubstr("onnxruntime"));
}

TEST(RuntimeChoiceTest, WhatTheKernelsCannotRunIsSaid) {
  EXPECT_EQ(WhyNotNative(Asking(Runtime::kAuto), {.has_graph = true, .unfit = "node 3"}), "node 3");
}

TEST(RuntimeChoiceTest, AFastSetIsTaken) {
  if (IsPortable(*SupportedKernelSets().front())) GTEST_SKIP() << "this processor has none";
  const ScopedVariable set("VETOR_CPU", SupportedKernelSets().front()->name);
  EXPECT_EQ(WhyNotNative(Asking(Runtime::kAuto), kBoth), "");
}

TEST(RuntimeChoiceTest, ThePortableSetYieldsToOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const ScopedVariable set("VETOR_CPU", "portable");
  EXPECT_THAT(WhyNotNative(Asking(Runtime::kAuto), kBoth), HasSubstr("portable"));
  EXPECT_EQ(WhyNotNative(Asking(Runtime::kNative), kBoth), "");
}

TEST(RuntimeChoiceTest, ThePortableSetRunsWhatNothingElseCan) {
  const ScopedVariable set("VETOR_CPU", "portable");
  EXPECT_EQ(WhyNotNative(Asking(Runtime::kAuto), {.has_graph = false}), "");
  EXPECT_EQ(WhyNotNative(WithoutOnnxRuntime(), kBoth), "");
}

TEST(RuntimeChoiceTest, AnotherDeviceIsForOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  EmbeddingsConfig config = Asking(Runtime::kAuto);
  config.onnx.providers = {"cuda", "cpu"};
  EXPECT_THAT(WhyNotNative(config, kBoth), HasSubstr("\"cuda\""));
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
