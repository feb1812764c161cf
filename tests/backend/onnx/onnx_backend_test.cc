#include "backend/onnx/onnx_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "formats/onnx/graph_files.h"
#include "model/external_data.h"
#include "os/json_file.h"
#include "tests/support/test_paths.h"
#include "tests/support/token_rows.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<std::unique_ptr<Backend>> OpenGraph(const std::string& name, bool dynamic_int8 = false) {
  const auto path = testing::TestData("model/" + name);
  OnnxGraph unused;
  Result<GraphFiles> files = OpenGraphFiles(path, &unused);
  if (!files.ok()) return files.status();
  return OpenOnnxBackend({.graph = path,
                          .files = std::make_shared<GraphFiles>(*std::move(files)),
                          .library_path = testing::TestRuntime(),
                          .providers = {"cpu"},
                          .dynamic_int8 = dynamic_int8,
                          .precision = "fp32"});
}

class OnnxBackendTest : public ::testing::Test {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }
};

TEST_F(OnnxBackendTest, LastHiddenStateEqualsTheReference) {
  const auto backend = OpenGraph("tiny-bert/model.onnx");
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  EXPECT_EQ((*backend)->traits().provider, "CPUExecutionProvider");
  EXPECT_EQ((*backend)->traits().width, 32U);
  EXPECT_EQ((*backend)->traits().output_axis, OutputAxis::kTokens);
  const auto expected = ReadJsonFile(testing::TestData("model/tiny-bert/expected.json"));
  ASSERT_TRUE(expected.ok()) << expected.status().ToString();
  size_t compared = 0;
  for (const auto& text : expected->as_array()) {
    const auto ids = boost::json::value_to<std::vector<int64_t>>(text.at("ids"));
    const auto hidden = boost::json::value_to<std::vector<float>>(text.at("last_hidden_state"));
    const auto output = (*backend)->Run(Batch({ids}));
    ASSERT_TRUE(output.ok()) << output.status().ToString();
    ASSERT_EQ(output->values.size(), hidden.size());
    for (size_t i = 0; i < hidden.size(); ++i) {
      ASSERT_NEAR(output->values[i], hidden[i], 2e-5) << i;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000U);
}

TEST_F(OnnxBackendTest, ARowAloneAndAmongOthersIsBitEqual) {
  const auto backend = OpenGraph("tiny-bert/model.onnx");
  ASSERT_TRUE(backend.ok());
  std::vector<std::vector<int64_t>> rows;
  for (int64_t r = 0; r < 31; ++r) rows.push_back({2, 10 + r, 50 + r, 20, 3});
  const auto together = (*backend)->Run(Batch(rows));
  ASSERT_TRUE(together.ok());
  const size_t per_row = 5 * 32;
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto alone = (*backend)->Run(Batch({rows[r]}));
    ASSERT_TRUE(alone.ok());
    for (size_t i = 0; i < per_row; ++i) {
      ASSERT_EQ(alone->values[i], together->values[r * per_row + i]) << r;
    }
  }
}

TEST_F(OnnxBackendTest, DynamicInt8AsksForOneRowAtATime) {
  const auto backend = OpenGraph("tiny-bert/model_quantized.onnx", /*dynamic_int8=*/true);
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  EXPECT_EQ((*backend)->traits().max_rows, 1U);
}

TEST_F(OnnxBackendTest, EveryValidShapeOfGraphRuns) {
  struct Case {
    const char* graph;
    OutputAxis output;
  };
  for (const Case& c : {Case{"valid/sentence_embedding.onnx", OutputAxis::kTexts},
                        Case{"valid/token_embeddings.onnx", OutputAxis::kTokens},
                        Case{"valid/position_ids.onnx", OutputAxis::kTokens},
                        Case{"valid/int32_inputs.onnx", OutputAxis::kTokens},
                        Case{"valid/output_width_unknown.onnx", OutputAxis::kTokens},
                        Case{"external/model.onnx", OutputAxis::kTokens}}) {
    SCOPED_TRACE(c.graph);
    const auto backend = OpenGraph(c.graph);
    ASSERT_TRUE(backend.ok()) << backend.status().ToString();
    EXPECT_EQ((*backend)->traits().output_axis, c.output);
    EXPECT_EQ((*backend)->traits().width, 8U);
    // If a graph pools by itself, the order in which it adds depends on the number of rows.
    EXPECT_EQ((*backend)->traits().max_rows, c.output == OutputAxis::kTexts ? 1U : 0U);
    const auto output = (*backend)->Run(Batch({{2, 10, 3}, {2, 11, 3}}));
    ASSERT_TRUE(output.ok()) << output.status().ToString();
    EXPECT_EQ(output->values.size(), c.output == OutputAxis::kTexts ? 16U : 48U);
  }
}

TEST_F(OnnxBackendTest, PositionsCountFromZeroInEveryRow) {
  const auto backend = OpenGraph("valid/position_ids.onnx");
  ASSERT_TRUE(backend.ok());
  const auto together = (*backend)->Run(Batch({{2, 10, 3}, {2, 10, 3}}));
  ASSERT_TRUE(together.ok());
  for (size_t i = 0; i < 24; ++i) EXPECT_EQ(together->values[i], together->values[24 + i]);
}

// docs/faults.md, row 20: inputs, outputs or ranks are wrong.
TEST_F(OnnxBackendTest, Row20WrongGraphsAreRefusedWithExpectedAndFound) {
  for (const char* graph :
       {"broken/wrong_input_name.onnx", "broken/extra_input.onnx", "broken/float_input_ids.onnx",
        "broken/wrong_output_name.onnx", "broken/output_rank_1.onnx", "broken/output_rank_4.onnx",
        "broken/output_fp64.onnx"}) {
    const auto backend = OpenGraph(graph);
    ASSERT_FALSE(backend.ok()) << graph;
    EXPECT_EQ(backend.status().code(), StatusCode::kInvalidArgument) << graph;
    EXPECT_THAT(backend.status().message(),
                AllOf(HasSubstr(graph), HasSubstr("expected "), HasSubstr("found ")));
  }
}

// docs/faults.md, rows 17 and 23: a file that is not a graph; the runtime may answer any bytes.
TEST_F(OnnxBackendTest, Row17AFileThatIsNotAGraphIsDataLoss) {
  const auto backend = OpenGraph("tiny-bert/tokenizer.json");
  ASSERT_FALSE(backend.ok());
  EXPECT_EQ(backend.status().code(), StatusCode::kDataLoss) << backend.status().ToString();
  EXPECT_THAT(backend.status().message(), HasSubstr("tokenizer.json"));
}

// docs/faults.md, row 22: a provider is missing.
TEST_F(OnnxBackendTest, Row22AProviderThatIsNotThereFailsUnlessTheCpuIsAllowed) {
  OnnxBackendOptions options{.graph = testing::TestData("model/tiny-bert/model.onnx"),
                             .library_path = testing::TestRuntime(),
                             .providers = {"cuda"}};
  const auto gpu_only = OpenOnnxBackend(options);
  if (gpu_only.ok()) GTEST_SKIP() << "this machine has a CUDA runtime";
  EXPECT_THAT(gpu_only.status().message(), HasSubstr("CUDAExecutionProvider"));
  options.providers = {"cuda", "cpu"};
  const auto either = OpenOnnxBackend(options);
  ASSERT_TRUE(either.ok()) << either.status().ToString();
  EXPECT_EQ((*either)->traits().provider, "CPUExecutionProvider");
}

TEST_F(OnnxBackendTest, AnIdOutsideTheVocabularyIsAnErrorNotACrash) {
  const auto backend = OpenGraph("tiny-bert/model.onnx");
  ASSERT_TRUE(backend.ok());
  const auto output = (*backend)->Run(Batch({{2, 100000, 3}}));
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.status().message(), HasSubstr("a batch of 1 texts with 3 tokens"));
}

}  // namespace
}  // namespace vetor
