// Graphs that other exporters published, on our own kernels: the vectors of sentence-transformers.
#include <gtest/gtest.h>

#include <string>

#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

class PublishedGraphsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PublishedGraphsTest, AnswersAsOnnxRuntime) {
  const auto path = testing::FetchedModel(GetParam()) / "model.onnx";
  VETOR_SKIP_WITHOUT(path);
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto encoder = testing::RecogniseFile(path);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->max_positions, 512);
  EXPECT_TRUE(encoder->token_type_input);
  const auto texts = testing::TextsFor(*encoder);
  const auto native = testing::NativeVectors(*encoder, texts);
  const auto runtime = testing::RuntimeVectors(path, texts, 0);
  ASSERT_TRUE(native.ok() && runtime.ok()) << runtime.status().ToString();
  EXPECT_LE(testing::Furthest(*native, *runtime), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(All, PublishedGraphsTest,
                         ::testing::Values("all-MiniLM-L6-v2", "bge-small-en-v1.5"),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
                           return name;
                         });

// Its scales span the batch: ONNX Runtime runs it.
TEST(PublishedGraphsTest, RefusesQuantisedGraphs) {
  const auto path = testing::FetchedModel("all-MiniLM-L6-v2-int8") / "model.onnx";
  VETOR_SKIP_WITHOUT(path);
  const auto encoder = testing::RecogniseFile(path);
  ASSERT_FALSE(encoder.ok());
  EXPECT_EQ(encoder.status().code(), StatusCode::kUnimplemented) << encoder.status().ToString();
}

}  // namespace
}  // namespace vetor
