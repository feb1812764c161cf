// Graphs that other exporters wrote of tiny checkpoints (tools/exporter/make_foreign_graphs.py): all are
// recognised, and give the vectors of ONNX Runtime.
#include <gtest/gtest.h>

#include <string>

#include "tests/encoder/recogniser/foreign_graphs.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

class ForeignGraphsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(ForeignGraphsTest, AnswersAsOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto path = testing::ForeignGraph(GetParam());
  const std::string output = testing::TokenOutputOf(GetParam());
  const auto encoder = testing::RecogniseFile(path, output);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const auto texts = testing::TextsFor(*encoder);
  const auto native = testing::NativeVectors(*encoder, texts);
  const auto reference = testing::ReferenceVectors(*encoder, texts);
  const auto runtime = testing::RuntimeVectors(path, texts, encoder->pad_token_id, output);
  ASSERT_TRUE(native.ok() && reference.ok() && runtime.ok()) << runtime.status().ToString();
  RecordProperty("furthest", std::to_string(testing::Furthest(*native, *runtime)));
  EXPECT_LE(testing::Furthest(*native, *runtime), 1e-5);
  EXPECT_LE(testing::Furthest(*native, *reference), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(All, ForeignGraphsTest, ::testing::ValuesIn(testing::ForeignGraphs()),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace vetor
