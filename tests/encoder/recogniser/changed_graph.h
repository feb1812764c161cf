// A graph that a test changes by name: what is taken over, what is refused, and in which words.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor::testing {

class ChangedGraphTest : public ::testing::Test {
 protected:
  void Load(const std::filesystem::path& file) {
    auto model = LoadGraph(file);
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    model_ = *std::move(model);
  }

  Result<Encoder> Recognise() {
    EXPECT_TRUE(WriteOnnxFile(model_, path()).ok());
    return RecogniseFile(path());
  }

  // The words of the refusal.
  std::string Refusal() {
    const auto encoder = Recognise();
    EXPECT_EQ(encoder.status().code(), StatusCode::kUnimplemented) << encoder.status().ToString();
    return encoder.status().message();
  }

  // What is recognised is what ONNX Runtime computes.
  void ExpectRight() {
    VETOR_SKIP_WITHOUT(TestRuntime());
    const auto encoder = Recognise();
    ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
    const auto texts = TextsFor(*encoder);
    const auto native = NativeVectors(*encoder, texts);
    const auto runtime = RuntimeVectors(path(), texts, PaddingOf(*encoder));
    ASSERT_TRUE(native.ok() && runtime.ok()) << runtime.status().ToString();
    EXPECT_LE(Furthest(*native, *runtime), 1e-5);
  }

  std::filesystem::path path() const { return folder_ / "model.onnx"; }

  const TemporaryFolder folder_;
  OnnxModel model_;
};

}  // namespace vetor::testing
