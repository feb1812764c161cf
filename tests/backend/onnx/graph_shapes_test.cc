// Graphs of shapes that exporters give beside the usual one. All look up the same table, so the
// graph with free sizes says what each must give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/onnx/onnx_backend.h"
#include "formats/onnx/graph_files.h"
#include "model/external_data.h"
#include "tests/support/test_paths.h"
#include "tests/support/token_rows.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr size_t kOutputWidth = 8;

Result<std::unique_ptr<Backend>> Open(const std::string& name, const std::string& output = {}) {
  const auto path = testing::TestData("model/" + name);
  OnnxGraph unused;
  Result<GraphFiles> files = OpenGraphFiles(path, &unused);
  if (!files.ok()) return files.status();
  return OpenOnnxBackend({.graph = path,
                          .files = std::make_shared<GraphFiles>(*std::move(files)),
                          .library_path = testing::TestRuntime(),
                          .providers = {"cpu"},
                          .precision = "fp32",
                          .output_name = output});
}

std::vector<float> Values(const Result<BackendOutput>& output) {
  EXPECT_TRUE(output.ok()) << output.status().ToString();
  if (!output.ok()) return {};
  return {output->values.begin(), output->values.end()};
}

class GraphShapesTest : public ::testing::Test {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }

  // Runs row by row through the graph with free sizes.
  static std::vector<float> Expected(const std::vector<std::vector<int64_t>>& rows) {
    const auto backend = Open("valid/token_embeddings.onnx");
    std::vector<float> all;
    for (const auto& row : rows) {
      const std::vector<float> values = Values((*backend)->Run(Batch({row})));
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }
  // The means of the rows.
  static std::vector<float> ExpectedMeans(const std::vector<std::vector<int64_t>>& rows) {
    std::vector<float> means;
    for (const auto& row : rows) {
      const std::vector<float> tokens = Expected({row});
      for (size_t c = 0; c < kOutputWidth; ++c) {
        float sum = 0;
        for (size_t t = 0; t < row.size(); ++t) sum += tokens[t * kOutputWidth + c];
        means.push_back(sum / static_cast<float>(row.size()));
      }
    }
    return means;
  }
  static void ExpectNear(const std::vector<float>& found, const std::vector<float>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-5) << i;
  }

  const std::vector<std::vector<int64_t>> rows_ = {{2, 10, 3}, {2, 11, 12, 13, 3}, {7}};
};

// A graph of fixed length failed on every text of another length.
TEST_F(GraphShapesTest, RowsAreFilledUpToAFixedLengthBehindAMask) {
  const auto backend = Open("valid/fixed_length.onnx");
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  EXPECT_FALSE((*backend)->traits().equal_lengths);
  EXPECT_EQ((*backend)->traits().max_rows, 512U / 16);
  EXPECT_EQ((*backend)->traits().width, kOutputWidth);
  const auto output = (*backend)->Run(Batch(rows_));
  EXPECT_THAT(Values(output), ElementsAreArray(Expected(rows_)));
  EXPECT_EQ(output->padding_tokens, 3U * 16 - 9);
  const std::vector<int64_t> whole(16, 9);
  EXPECT_THAT(Values((*backend)->Run(Batch({whole}))), ElementsAreArray(Expected({whole})));
  const Status status = (*backend)->Run(Batch({std::vector<int64_t>(17, 9)})).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("fixed length 16"), HasSubstr("dynamic axes")));
}

TEST_F(GraphShapesTest, AFixedNumberOfRowsIsFilledUp) {
  const auto backend = Open("valid/fixed_rows.onnx");
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  EXPECT_TRUE((*backend)->traits().equal_lengths);
  EXPECT_EQ((*backend)->traits().max_rows, 4U);
  const std::vector<std::vector<int64_t>> rows = {{2, 10, 3}, {2, 11, 3}};
  EXPECT_THAT(Values((*backend)->Run(Batch(rows))), ElementsAreArray(Expected(rows)));
  EXPECT_EQ((*backend)->Run(Batch({{1}, {1}, {1}, {1}, {1}})).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(GraphShapesTest, BothFixedGiveTokenVectorsOrTextVectors) {
  const auto tokens = Open("valid/fixed_rows_and_length.onnx");
  ASSERT_TRUE(tokens.ok()) << tokens.status().ToString();
  EXPECT_THAT(Values((*tokens)->Run(Batch(rows_))), ElementsAreArray(Expected(rows_)));
  const auto texts = Open("valid/fixed_rows_and_length.onnx", "dense_vecs");
  ASSERT_TRUE(texts.ok()) << texts.status().ToString();
  EXPECT_EQ((*texts)->traits().output_axis, OutputAxis::kTexts);
  ExpectNear(Values((*texts)->Run(Batch({rows_[1]}))), ExpectedMeans({rows_[1]}));
}

// The graph cannot hide a fault: it adds whatever it gets as past to the result.
TEST_F(GraphShapesTest, ADecodersPastIsEmpty) {
  const auto backend = Open("valid/past_key_values.onnx");
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  const std::vector<std::vector<int64_t>> rows = {{2, 10, 3}, {2, 11, 3}};
  EXPECT_THAT(Values((*backend)->Run(Batch(rows))), ElementsAreArray(Expected(rows)));
}

TEST_F(GraphShapesTest, RowsEndToEndHaveOffsets) {
  const auto backend = Open("valid/joined_rows.onnx");
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  EXPECT_EQ((*backend)->traits().output_axis, OutputAxis::kTexts);
  EXPECT_EQ((*backend)->traits().max_rows, 1U);
  ExpectNear(Values((*backend)->Run(Batch(rows_))), ExpectedMeans(rows_));
  EXPECT_EQ((*backend)->Run(Batch(rows_))->padding_tokens, 0U);
}

TEST_F(GraphShapesTest, AGraphMayDoWithoutAMask) {
  const auto backend = Open("valid/no_attention_mask.onnx");
  ASSERT_TRUE(backend.ok()) << backend.status().ToString();
  EXPECT_THAT(Values((*backend)->Run(Batch({rows_[1]}))), ElementsAreArray(Expected({rows_[1]})));
  const Status fixed = Open("broken/fixed_length_without_mask.onnx").status();
  EXPECT_EQ(fixed.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(fixed.message(), AllOf(HasSubstr("fixed length 16"), HasSubstr("no attention_mask"),
                                     HasSubstr("export it with a free length")));
}

TEST_F(GraphShapesTest, TheOutputThatIsNamedIsTaken) {
  const auto unnamed = Open("valid/several_outputs.onnx");
  ASSERT_TRUE(unnamed.ok()) << unnamed.status().ToString();
  EXPECT_EQ((*unnamed)->traits().output_axis, OutputAxis::kTokens);
  const auto named = Open("valid/several_outputs.onnx", "dense_vecs");
  ASSERT_TRUE(named.ok()) << named.status().ToString();
  EXPECT_EQ((*named)->traits().output_axis, OutputAxis::kTexts);
  ExpectNear(Values((*named)->Run(Batch({rows_[1]}))), ExpectedMeans({rows_[1]}));
  const Status other = Open("valid/several_outputs.onnx", "pooler_output").status();
  EXPECT_EQ(other.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(other.message(), AllOf(HasSubstr("\"pooler_output\""), HasSubstr("dense_vecs"),
                                     HasSubstr("last_hidden_state")));
}

// The output has as many numbers as the right order, but of other texts: the vectors depended on
// the batch.
TEST_F(GraphShapesTest, AnOutputWithTheTokensFirstIsRefused) {
  const Status status = Open("broken/output_length_first.onnx").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("\"last_hidden_state\" has shape [2, 1, 8]"),
                                      HasSubstr("first the texts and then their tokens")));
}

// If there are as many rows as tokens, the shape looks right: one text got vectors of all texts.
TEST_F(GraphShapesTest, TheOrderOfASquareOutputIsLookedAt) {
  const Status status = Open("broken/square_length_first.onnx").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("expected first the texts and then their tokens"));
  const auto square = Open("valid/square.onnx");
  ASSERT_TRUE(square.ok()) << square.status().ToString();
  EXPECT_THAT(Values((*square)->Run(Batch({{5, 6}, {7}}))),
              ElementsAreArray(Expected({{5, 6}, {7}})));
}

TEST_F(GraphShapesTest, LogitsAreAnEmbeddingOnlyIfTheyAreNamed) {
  const Status refused = Open("broken/wrong_output_name.onnx").status();
  EXPECT_THAT(refused.message(),
              AllOf(HasSubstr("logits"), HasSubstr("name it in ai.onnx.output_name")));
  const auto named = Open("broken/wrong_output_name.onnx", "logits");
  ASSERT_TRUE(named.ok()) << named.status().ToString();
  EXPECT_THAT(Values((*named)->Run(Batch({rows_[0]}))), ElementsAreArray(Expected({rows_[0]})));
}

}  // namespace
}  // namespace vetor
