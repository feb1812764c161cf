// Graphs with finished vectors: what is recognised pools as ONNX Runtime does, for every family,
// and in every way that the exporter and sentence-transformers write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "exporter/graph/graph_writer.h"
#include "formats/onnx/onnx_file.h"
#include "head/pooling_spec.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/recogniser/torch_pooling.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

constexpr const char* kText = testing::TorchPooling::kText;

// What is recognised is what ONNX Runtime computes.
void ExpectRight(const std::filesystem::path& path, RecognisedGraph* found = nullptr) {
  const auto graph = testing::RecogniseWhole(path, kText);
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  ASSERT_TRUE(graph->pooling);
  if (found != nullptr) *found = *graph;
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto texts = testing::TextsFor(graph->encoder);
  const auto native = testing::NativeTexts(*graph, texts);
  const auto runtime =
      testing::RuntimeTexts(path, texts, testing::PaddingOf(graph->encoder), kText);
  ASSERT_TRUE(native.ok() && runtime.ok()) << runtime.status().ToString();
  const double furthest = testing::Furthest(*native, *runtime);
  EXPECT_LE(furthest, 1e-5);
  ::testing::Test::RecordProperty("furthest", std::to_string(furthest));
}

class PooledFamiliesTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PooledFamiliesTest, PoolsAsTheGraphDoes) {
  const auto encoder = testing::OpenTiny(GetParam());
  ASSERT_TRUE(encoder.ok());
  const TemporaryFolder folder;
  for (const int opset : {12, 23}) {
    SCOPED_TRACE(opset);
    const PoolingSpec spec{.modes = {opset == 12 ? PoolingMode::kMean : PoolingMode::kLastToken}};
    ASSERT_TRUE(WriteGraph(*encoder, {.opset = opset, .pooling = &spec}, folder / "m.onnx").ok());
    RecognisedGraph graph;
    ExpectRight(folder / "m.onnx", &graph);
    EXPECT_EQ(graph.pooling->modes, spec.modes);
    EXPECT_TRUE(graph.pooling->normalize);
    // The hidden states beside it are what they were.
    EXPECT_TRUE(testing::RecogniseFile(folder / "m.onnx").ok());
  }
}

INSTANTIATE_TEST_SUITE_P(All, PooledFamiliesTest, ::testing::ValuesIn(testing::TinyFamilies()),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

DenseLayer Dense(size_t in, size_t out, bool bias, DenseActivation activation) {
  DenseLayer layer{.in_features = in, .out_features = out, .activation = activation};
  for (size_t i = 0; i < in * out; ++i) {
    layer.weight.push_back(0.1F * std::sin(static_cast<float>(i)));
  }
  for (size_t o = 0; bias && o < out; ++o) layer.bias.push_back(0.01F * static_cast<float>(o));
  return layer;
}

// Every mode, alone and joined, with and without a cut, a Dense layer and length 1.
class PoolingSpecsTest : public ::testing::TestWithParam<int> {};

TEST_P(PoolingSpecsTest, AreRecognised) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok());
  const auto width = static_cast<size_t>(encoder->hidden_size);
  std::vector<PoolingSpec> specs;
  for (const PoolingModeNames& row : kPoolingModes) {
    specs.push_back({.modes = {row.mode}, .normalize = false});
    specs.push_back({.modes = {row.mode}, .dim = 5});
  }
  specs.push_back({.modes = {PoolingMode::kCls, PoolingMode::kMax, PoolingMode::kMean}});
  for (const DenseActivation activation : {DenseActivation::kIdentity, DenseActivation::kTanh,
                                           DenseActivation::kRelu, DenseActivation::kSigmoid}) {
    specs.push_back({.dense = {Dense(width, 7, activation != DenseActivation::kRelu, activation)}});
  }
  specs.push_back({.dense = {Dense(width, 9, true, DenseActivation::kTanh),
                             Dense(9, 4, false, DenseActivation::kIdentity)},
                   .normalize = false});
  if (GetParam() >= 20) specs.push_back({.dense = {Dense(width, 6, true, DenseActivation::kGelu)}});
  const TemporaryFolder folder;
  for (const PoolingSpec& spec : specs) {
    SCOPED_TRACE(DescribePoolingModes(spec.modes) + " dense " + std::to_string(spec.dense.size()));
    const auto path = folder / "m.onnx";
    ASSERT_TRUE(WriteGraph(*encoder, {.opset = GetParam(), .pooling = &spec}, path).ok());
    RecognisedGraph graph;
    ExpectRight(path, &graph);
    ASSERT_TRUE(graph.pooling);
    EXPECT_EQ(graph.pooling->modes, spec.modes);
    EXPECT_EQ(graph.pooling->normalize, spec.normalize);
    EXPECT_EQ(graph.pooling->dim, spec.dim);
    EXPECT_EQ(graph.pooling->dense.size(), spec.dense.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Opsets, PoolingSpecsTest, ::testing::Values(12, 13, 18, 23));

// In fp16 the pooling stays in float32.
TEST(PooledGraphsTest, FollowFloat16) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok());
  const TemporaryFolder folder;
  const FloatLinear linear(OnnxElement::kFloat16);
  const FloatEmbedding embedding(OnnxElement::kFloat16);
  const PoolingSpec spec;
  ASSERT_TRUE(WriteGraph(*encoder, {.linear = &linear, .embedding = &embedding, .pooling = &spec},
                         folder / "m.onnx")
                  .ok());
  auto model = testing::LoadGraph(folder / "m.onnx");
  ASSERT_TRUE(model.ok());
  const auto graph = testing::RecogniseWhole(folder / "m.onnx", kText);
  ASSERT_TRUE(graph.ok() && graph->pooling) << graph.status().ToString();
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  ASSERT_TRUE(WriteOnnxFile(testing::Widened(*std::move(model)), folder / "wide.onnx").ok());
  const auto texts = testing::TextsFor(graph->encoder);
  const auto wide = testing::RuntimeTexts(folder / "wide.onnx", texts, 0, kText);
  ASSERT_TRUE(wide.ok()) << wide.status().ToString();
  EXPECT_LE(testing::Furthest(*testing::NativeTexts(*graph, texts), *wide), 1e-5);
}

// As torch writes sentence-transformers' modules, added by hand to BERT's graph.
class WrittenPoolingTest : public ::testing::Test, protected testing::TorchPooling {
 protected:
  void SetUp() override {
    const auto encoder = testing::OpenTiny("bert");
    ASSERT_TRUE(encoder.ok());
    ASSERT_TRUE(WriteGraph(*encoder, {.opset = 14}, path()).ok());
    const auto graph = testing::LoadGraph(path());
    ASSERT_TRUE(graph.ok());
    Take(*graph, encoder->hidden_size);
  }

  std::filesystem::path path() const { return folder_ / "model.onnx"; }

  void End(const std::string& value) {
    TorchPooling::End(value, width());
    ASSERT_TRUE(WriteOnnxFile(model(), path()).ok());
  }
  void ExpectMode(PoolingMode mode, bool normalize) {
    RecognisedGraph graph;
    ExpectRight(path(), &graph);
    ASSERT_TRUE(graph.pooling);
    EXPECT_EQ(graph.pooling->modes, std::vector<PoolingMode>{mode});
    EXPECT_EQ(graph.pooling->normalize, normalize);
  }
  std::string Refusal() {
    const auto graph = testing::RecogniseWhole(path(), kText);
    EXPECT_EQ(graph.status().code(), StatusCode::kUnimplemented) << graph.status().ToString();
    return graph.status().message();
  }

  const TemporaryFolder folder_;
};

TEST_F(WrittenPoolingTest, MeanOfLength1) {
  End(Unit(Mean()));
  ExpectMode(PoolingMode::kMean, true);
}

TEST_F(WrittenPoolingTest, MeanAsItIs) {
  End(Mean());
  ExpectMode(PoolingMode::kMean, false);
}

TEST_F(WrittenPoolingTest, TheFirstToken) {
  End(Unit(Op("Gather", {kTokens, Integer(0)}, {{"axis", int64_t{1}}})));
  ExpectMode(PoolingMode::kCls, true);
}

TEST_F(WrittenPoolingTest, TheFirstTokenBySlice) {
  const std::string row = Op("Slice", {kTokens, Axes({0}), Axes({1}), Axes({1})});
  End(Op("Squeeze", {row, Axes({1})}));
  ExpectMode(PoolingMode::kCls, false);
}

// sentence-transformers 5 looks for it in the mask.
TEST_F(WrittenPoolingTest, TheFirstTokenOfTheMask) {
  End(Unit(FirstToken()));
  ExpectMode(PoolingMode::kCls, true);
}

TEST_F(WrittenPoolingTest, TheLastTokenOfTheMask) {
  End(Unit(LastToken()));
  ExpectMode(PoolingMode::kLastToken, true);
}

TEST_F(WrittenPoolingTest, TheTokenBeforeTheLastIsRefused) {
  End(LastToken(2));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Sub\")"));
}

TEST_F(WrittenPoolingTest, MaxByComponent) {
  End(Max());
  ExpectMode(PoolingMode::kMax, false);
}

// What a mean over all tokens, with padding, is.
TEST_F(WrittenPoolingTest, AMeanOverPaddingIsRefused) {
  End(Op("ReduceMean", {kTokens}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"ReduceMean\")"));
}

TEST_F(WrittenPoolingTest, ASumIsRefused) {
  End(Sum(Op("Mul", {kTokens, WideMask()}), 1));
  EXPECT_THAT(Refusal(), HasSubstr("a vector for each token"));
}

TEST_F(WrittenPoolingTest, ALowestThatTokensMayBeBelowIsRefused) {
  End(Max(-1));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Where\")"));
}

TEST_F(WrittenPoolingTest, ABoundThatChangesTheMeanOfShortTextsIsRefused) {
  End(Mean(4));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Clip\")"));
}

TEST_F(WrittenPoolingTest, TheSecondTokenIsRefused) {
  End(Op("Gather", {kTokens, Integer(1)}, {{"axis", int64_t{1}}}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Gather\")"));
}

TEST_F(WrittenPoolingTest, TwoKindsOfTokenVectorsAreRefused) {
  const std::string first = Integer(0);
  std::string inner;
  for (const OnnxNode& node : model().nodes) {
    if (node.op_type == "MatMul") inner = node.inputs[0];
  }
  const std::string a = Op("Gather", {kTokens, first}, {{"axis", int64_t{1}}});
  const std::string b = Op("Gather", {inner, first}, {{"axis", int64_t{1}}});
  End(Op("Concat", {a, b}, {{"axis", int64_t{1}}}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Concat\")"));
}

// A Squeeze without axes takes away what is known to be one.
TEST_F(WrittenPoolingTest, SqueezesWithoutAxesAreTakenIfAllSizesAreKnown) {
  const auto found = std::find_if(model().nodes.begin(), model().nodes.end(), [](const auto& node) {
    return node.op_type == "Gather" && node.inputs[1].starts_with("positions/");
  });
  ASSERT_NE(found, model().nodes.end());
  // A zero that changes nothing: Squeeze([0]) is a scalar.
  const std::string zero = testing::AddIntegers(&model(), {1}, {0});
  const std::string places = found->inputs[1];
  found->inputs[1] = "own/moved";
  const std::vector<OnnxNode> nodes = {
      {.op_type = "Squeeze", .name = "own/zero", .inputs = {zero}, .outputs = {"own/zero"}},
      {.op_type = "Add",
       .name = "own/moved",
       .inputs = {places, "own/zero"},
       .outputs = {"own/moved"}}};
  model().nodes.insert(found, nodes.begin(), nodes.end());
  End(Mean());
  ExpectMode(PoolingMode::kMean, false);
}

TEST_F(WrittenPoolingTest, SqueezesWithoutAxesOfOpenSizesAreRefused) {
  const std::string row = Op("Slice", {kTokens, Axes({0}), Axes({1}), Axes({1})});
  End(Op("Squeeze", {row}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Squeeze\")"));
}

}  // namespace
}  // namespace vetor
