// For tests whose promise does not depend on what runs the model: the same bodies on vetor's own
// kernels and on ONNX Runtime.
//
//   class LengthTest : public testing::OnEachRuntime {};
//   TEST_P(LengthTest, IsKept) { Open(TinyConfig()); ... }
//   VETOR_ON_EACH_RUNTIME(LengthTest);
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/test_services.h"

namespace vetor::testing {

/// tiny-bert's checkpoint for vetor's own kernels, its graph for ONNX Runtime.
class OnEachRuntime : public ::testing::TestWithParam<Runtime> {
 protected:
  void SetUp() override {
    if (!IsNative()) VETOR_SKIP_WITHOUT(TestRuntime());
  }
  static bool IsNative() { return GetParam() == Runtime::kNative; }
  static EmbeddingsConfig TinyConfig() { return testing::TinyConfig(GetParam()); }
};

inline std::string RuntimeName(const ::testing::TestParamInfo<Runtime>& runtime) {
  return runtime.param == Runtime::kNative ? "Native" : "OnnxRuntime";
}

}  // namespace vetor::testing

#define VETOR_ON_EACH_RUNTIME(fixture)                                              \
  INSTANTIATE_TEST_SUITE_P(                                                         \
      Runtimes, fixture,                                                            \
      ::testing::Values(::vetor::Runtime::kNative, ::vetor::Runtime::kOnnxRuntime), \
      ::vetor::testing::RuntimeName)

/// For tests about ONNX Runtime itself whose fixture other tests run on each.
#define VETOR_ON_ONNX_RUNTIME(fixture)                                                           \
  INSTANTIATE_TEST_SUITE_P(Runtimes, fixture, ::testing::Values(::vetor::Runtime::kOnnxRuntime), \
                           ::vetor::testing::RuntimeName)
