// Compares sentence_embedding with the pooler that the library itself uses.
#include "exporter/graph/pooling_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "exporter/graph/graph_writer.h"
#include "head/pooler.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/exporter/graph/graph_runner.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using testing::FloatTable;
using testing::GoldenBatch;
using testing::GraphRunner;
using ::testing::HasSubstr;

constexpr size_t kHidden = 32;

// The pooler's result for the rows' tokens without padding.
std::vector<float> Pooled(const GoldenBatch& batch, const FloatTable& hidden,
                          const PoolingSpec& spec) {
  const auto& mask = batch.inputs.at("attention_mask");
  TokenBatch tokens;
  tokens.row_begin = {0};
  std::vector<float> vectors;
  for (int64_t row = 0; row < mask.rows; ++row) {
    for (int64_t t = 0; t < mask.columns; ++t) {
      const auto place = static_cast<size_t>(row * mask.columns + t);
      if (mask.values[place] == 0) continue;
      tokens.token_ids.push_back(0);
      const auto* token = hidden.values.data() + place * kHidden;
      vectors.insert(vectors.end(), token, token + kHidden);
    }
    tokens.row_begin.push_back(static_cast<uint32_t>(tokens.token_ids.size()));
  }
  const auto pooler = Pooler::Create(spec, kHidden);
  EXPECT_TRUE(pooler.ok()) << pooler.status().ToString();
  std::vector<float> out(static_cast<size_t>(mask.rows) * pooler->dim());
  const Status status = pooler->Finish(tokens, {vectors, kHidden}, out);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return out;
}

void ExpectAsPooler(const PoolingSpec& spec, int opset) {
  SCOPED_TRACE(DescribePoolingModes(spec.modes) + " at opset " + std::to_string(opset));
  const auto encoder = testing::OpenTiny("qwen3");  // Its data have left padding too.
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const TemporaryFolder folder;
  const auto path = folder / "model.onnx";
  const Status written = WriteGraph(*encoder, {.opset = opset, .pooling = &spec}, path);
  ASSERT_TRUE(written.ok()) << written.ToString();
  const auto runner = GraphRunner::Open(path);
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  EXPECT_EQ((*runner)->outputs(),
            (std::vector<std::string>{"last_hidden_state", "sentence_embedding"}));
  const auto golden = testing::ReadGolden("qwen3");
  ASSERT_TRUE(golden.ok()) << golden.status().ToString();
  for (const auto& [name, batch] : *golden) {
    SCOPED_TRACE(name);
    const auto outputs = (*runner)->Run(batch.inputs);
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    const FloatTable& found = outputs->at("sentence_embedding");
    const auto expected = Pooled(batch, outputs->at("last_hidden_state"), spec);
    ASSERT_EQ(found.values.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(found.values[i], expected[i], 3e-6) << i;
    }
  }
}

DenseLayer SomeDense(size_t in, size_t out, DenseActivation activation) {
  DenseLayer layer{.in_features = in, .out_features = out, .activation = activation};
  for (size_t i = 0; i < in * out; ++i) {
    layer.weight.push_back(0.1F * std::sin(static_cast<float>(i)));
  }
  for (size_t i = 0; i < out; ++i) layer.bias.push_back(0.05F * static_cast<float>(i));
  return layer;
}

TEST(PoolingGraphTest, EveryModeIsThePoolers) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  for (const PoolingMode mode :
       {PoolingMode::kCls, PoolingMode::kMax, PoolingMode::kMean, PoolingMode::kMeanSqrtLen,
        PoolingMode::kWeightedMean, PoolingMode::kLastToken}) {
    ExpectAsPooler({.modes = {mode}, .normalize = false}, 12);
    ExpectAsPooler({.modes = {mode}}, 18);
  }
}

TEST(PoolingGraphTest, ModesJoinAndDenseLayersCutsAndNormsFollow) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  for (const DenseActivation activation :
       {DenseActivation::kIdentity, DenseActivation::kTanh, DenseActivation::kRelu,
        DenseActivation::kGelu, DenseActivation::kSigmoid}) {
    PoolingSpec spec{.modes = {PoolingMode::kCls, PoolingMode::kMean}};
    spec.dense = {SomeDense(64, 48, activation), SomeDense(48, 24, activation)};
    spec.dense[1].bias.clear();
    spec.dim = 20;
    ExpectAsPooler(spec, 14);
  }
}

TEST(PoolingGraphTest, RefusesWhatAGraphCannotHold) {
  const auto refusal = [](const PoolingSpec& spec) {
    GraphBuilder graph(12);
    return EmitPooling(&graph, {"tokens", "mask", 32}, spec).status();
  };
  const Status prompt = refusal({.include_prompt = false});
  EXPECT_EQ(prompt.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(prompt.message(), HasSubstr("without sentence_embedding"));
  const Status dense = refusal({.dense = {SomeDense(31, 8, DenseActivation::kTanh)}});
  EXPECT_EQ(dense.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(dense.message(), HasSubstr("31 x 8 and takes vectors of 32"));
  EXPECT_EQ(refusal({.dim = 33}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.modes = {}}).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace vetor
