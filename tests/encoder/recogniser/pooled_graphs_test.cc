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
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/model/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

constexpr const char* kText = "sentence_embedding";

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
class WrittenPoolingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto encoder = testing::OpenTiny("bert");
    ASSERT_TRUE(encoder.ok());
    width_ = encoder->hidden_size;
    ASSERT_TRUE(WriteGraph(*encoder, {.opset = 14}, path()).ok());
    auto model = testing::LoadGraph(path());
    ASSERT_TRUE(model.ok());
    model_ = *std::move(model);
  }

  std::filesystem::path path() const { return folder_ / "model.onnx"; }

  std::string Op(const std::string& op_type, std::vector<std::string> inputs,
                 std::vector<OnnxAttribute> attributes = {}) {
    const std::string name = "own/" + std::to_string(model_.nodes.size());
    model_.nodes.push_back({.op_type = op_type,
                            .name = name,
                            .inputs = std::move(inputs),
                            .outputs = {name},
                            .attributes = std::move(attributes)});
    return name;
  }
  std::string Axes(std::vector<int64_t> axes) {
    const auto count = static_cast<int64_t>(axes.size());
    return testing::AddIntegers(&model_, {count}, std::move(axes));
  }
  std::string Number(float number) { return testing::AddFloats(&model_, {}, {number}); }

  // attention_mask.unsqueeze(-1).expand(token_embeddings.size()).to(float)
  std::string WideMask() {
    const std::string mask = Op("Unsqueeze", {"attention_mask", Axes({-1})});
    const std::string wide = Op("Expand", {mask, Op("Shape", {kTokens})});
    return Op("Cast", {wide}, {{"to", int64_t{1}}});
  }
  std::string Sum(const std::string& x, int64_t axis) {
    return Op("ReduceSum", {x, Axes({axis})}, {{"keepdims", int64_t{0}}});
  }
  std::string Mean(float least = 1e-9F) {
    const std::string mask = WideMask();
    const std::string sum = Sum(Op("Mul", {kTokens, mask}), 1);
    return Op("Div", {sum, Op("Clip", {Sum(mask, 1), Number(least)})});
  }
  // F.normalize(x, p=2, dim=1)
  std::string Unit(const std::string& x) {
    const std::string length =
        Op("ReduceL2", {x}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{1}}});
    const std::string least = Op("Clip", {length, Number(1e-12F)});
    return Op("Div", {x, Op("Expand", {least, Op("Shape", {x})})});
  }
  // tokens.gather(1, place.unsqueeze(-1).unsqueeze(1).expand(..., width))
  std::string TokenAt(const std::string& tokens, const std::string& place) {
    const std::string wide = Op("Unsqueeze", {Op("Unsqueeze", {place, Axes({-1})}), Axes({1})});
    const std::string index = Op("Expand", {wide, Axes({1, 1, width_})});
    const std::string token = Op("GatherElements", {tokens, index}, {{"axis", int64_t{1}}});
    return Op("Squeeze", {token, Axes({1})});
  }
  // tokens - argmax(flip(mask)) - 1, as torch counts it for rows without tokens, too.
  std::string LastToken(int64_t behind) {
    const std::string size = Op("Slice", {Op("Shape", {kTokens}), Axes({1}), Axes({2}), Axes({0})});
    const std::string count = Op("Squeeze", {size});
    const std::string flip =
        Op("Slice", {"attention_mask", Axes({-1}), Axes({INT64_MIN}), Axes({1}), Axes({-1})});
    const std::vector<OnnxAttribute> along = {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}};
    const std::string most =
        Op("ReduceMax", {flip}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}});
    const std::string none = Op("Equal", {most, testing::AddIntegers(&model_, {}, {0})});
    const std::string one = testing::AddIntegers(&model_, {}, {1});
    const std::string padding =
        Op("Where", {none, Op("Sub", {count, one}), Op("ArgMax", {flip}, along)});
    const std::string place =
        Op("Sub", {Op("Sub", {count, padding}), testing::AddIntegers(&model_, {}, {behind})});
    return TokenAt(Op("Mul", {kTokens, WideMask()}), place);
  }
  void End(const std::string& value) {
    model_.nodes.push_back(
        {.op_type = "Identity", .name = kText, .inputs = {value}, .outputs = {kText}});
    model_.outputs.push_back({.name = kText, .dims = {std::string("batch_size"), int64_t{width_}}});
    ASSERT_TRUE(WriteOnnxFile(model_, path()).ok());
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

  static constexpr const char* kTokens = "last_hidden_state";
  const TemporaryFolder folder_;
  OnnxModel model_;
  int64_t width_ = 0;
};

TEST_F(WrittenPoolingTest, Mean) {
  End(Unit(Mean()));
  ExpectMode(PoolingMode::kMean, true);
}

TEST_F(WrittenPoolingTest, MeanAsItIs) {
  End(Mean());
  ExpectMode(PoolingMode::kMean, false);
}

TEST_F(WrittenPoolingTest, TheFirstToken) {
  End(Unit(
      Op("Gather", {kTokens, testing::AddIntegers(&model_, {}, {0})}, {{"axis", int64_t{1}}})));
  ExpectMode(PoolingMode::kCls, true);
}

TEST_F(WrittenPoolingTest, TheFirstTokenBySlice) {
  const std::string row = Op("Slice", {kTokens, Axes({0}), Axes({1}), Axes({1})});
  End(Op("Squeeze", {row, Axes({1})}));
  ExpectMode(PoolingMode::kCls, false);
}

// sentence-transformers 5 looks for it in the mask.
TEST_F(WrittenPoolingTest, TheFirstTokenOfTheMask) {
  const std::string place = Op("ArgMax", {Op("Cast", {"attention_mask"}, {{"to", int64_t{6}}})},
                               {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}});
  End(Unit(TokenAt(kTokens, place)));
  ExpectMode(PoolingMode::kCls, true);
}

TEST_F(WrittenPoolingTest, TheLastToken) {
  End(Unit(LastToken(1)));
  ExpectMode(PoolingMode::kLastToken, true);
}

TEST_F(WrittenPoolingTest, TheTokenBeforeTheLastIsRefused) {
  End(LastToken(2));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Sub\")"));
}

TEST_F(WrittenPoolingTest, Max) {
  const std::string padding = Op("Equal", {WideMask(), Number(0)});
  const std::string masked = Op("Where", {padding, Number(-1e9F), kTokens});
  End(Op("ReduceMax", {masked}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}}));
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
  const std::string padding = Op("Equal", {WideMask(), Number(0)});
  const std::string masked = Op("Where", {padding, Number(-1.0F), kTokens});
  End(Op("ReduceMax", {masked}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Where\")"));
}

TEST_F(WrittenPoolingTest, ABoundThatChangesTheMeanOfShortTextsIsRefused) {
  End(Mean(4));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Clip\")"));
}

TEST_F(WrittenPoolingTest, TheSecondTokenIsRefused) {
  End(Op("Gather", {kTokens, testing::AddIntegers(&model_, {}, {1})}, {{"axis", int64_t{1}}}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Gather\")"));
}

TEST_F(WrittenPoolingTest, TwoKindsOfTokenVectorsAreRefused) {
  const std::string first = testing::AddIntegers(&model_, {}, {0});
  std::string inner;
  for (const OnnxNode& node : model_.nodes) {
    if (node.op_type == "MatMul") inner = node.inputs[0];
  }
  const std::string a = Op("Gather", {kTokens, first}, {{"axis", int64_t{1}}});
  const std::string b = Op("Gather", {inner, first}, {{"axis", int64_t{1}}});
  End(Op("Concat", {a, b}, {{"axis", int64_t{1}}}));
  EXPECT_THAT(Refusal(), HasSubstr("(\"Concat\")"));
}

// A Squeeze without axes takes away what is known to be one.
TEST_F(WrittenPoolingTest, SqueezesWithoutAxesAreTakenIfAllSizesAreKnown) {
  const auto found = std::find_if(model_.nodes.begin(), model_.nodes.end(), [](const auto& node) {
    return node.op_type == "Gather" && node.inputs[1].starts_with("positions/");
  });
  ASSERT_NE(found, model_.nodes.end());
  // A zero that changes nothing: Squeeze([0]) is a scalar.
  const std::string zero = testing::AddIntegers(&model_, {1}, {0});
  const std::string places = found->inputs[1];
  found->inputs[1] = "own/moved";
  const std::vector<OnnxNode> nodes = {
      {.op_type = "Squeeze", .name = "own/zero", .inputs = {zero}, .outputs = {"own/zero"}},
      {.op_type = "Add",
       .name = "own/moved",
       .inputs = {places, "own/zero"},
       .outputs = {"own/moved"}}};
  model_.nodes.insert(found, nodes.begin(), nodes.end());
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
