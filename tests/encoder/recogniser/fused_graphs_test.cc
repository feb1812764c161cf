// Graphs whose operators ONNX Runtime's optimiser fused (tools/exporter/make_fused_graphs.py), as
// many model hubs have them: they are recognised and give the vectors of ONNX Runtime, and a
// changed graph does so, too, or is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "engine/native_check.h"
#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/changed_graph.h"
#include "tests/encoder/recogniser/foreign_graphs.h"
#include "tests/encoder/recogniser/graph_mutations.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Outcome;

std::string NameOfGraph(const ::testing::TestParamInfo<std::string>& suite) {
  std::string name = suite.param;
  for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
  return name;
}

bool IsHalfGraph(const std::string& name) {
  return name.ends_with(".o4") || name.ends_with(".half");
}

// MPNet's attention is not fused, so that its softmax is in float16.
bool IsKnown(const std::string& name) { return !(name.starts_with("mpnet") && IsHalfGraph(name)); }

std::vector<std::string> KnownGraphs() {
  std::vector<std::string> names = testing::FusedGraphs();
  std::erase_if(names, [](const std::string& name) { return !IsKnown(name); });
  return names;
}

class FusedGraphsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }

  const TemporaryFolder folder_;
};

TEST_P(FusedGraphsTest, AnswerAsOnnxRuntime) {
  const auto path = testing::FusedGraph(GetParam());
  const testing::ForeignGraphTraits traits = testing::TraitsOf(GetParam());
  const auto encoder = testing::RecogniseFile(path, traits.output);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const auto texts = testing::TextsFor(*encoder);
  const testing::RuntimeRun run{testing::PaddingOf(*encoder), traits.output, traits.alone};
  const auto native = testing::NativeVectors(*encoder, texts);
  ASSERT_TRUE(native.ok()) << native.status().ToString();
  auto compared = path;
  if (IsHalfGraph(GetParam())) {
    // With the same weights in float32, which is what our own kernels compute.
    const auto half = testing::LoadGraph(path);
    ASSERT_TRUE(half.ok()) << half.status().ToString();
    compared = folder_ / "wide.onnx";
    ASSERT_TRUE(WriteOnnxFile(testing::Widened(*half), compared).ok());
  }
  const auto runtime = testing::RunTexts(compared, texts, run);
  ASSERT_TRUE(runtime.ok()) << runtime.status().ToString();
  const double furthest = testing::Furthest(*native, *runtime);
  RecordProperty("furthest", std::to_string(furthest * 1e6) + "e-6");
  EXPECT_LE(furthest, 1e-6);
  if (!GetParam().ends_with(".o4")) return;
  // The graph as it is rounds what its operators give.
  const auto rounded = testing::RunTexts(path, texts, run);
  ASSERT_TRUE(rounded.ok()) << rounded.status().ToString();
  RecordProperty("rounded", std::to_string(testing::Furthest(*native, *rounded) * 1e6) + "e-6");
  EXPECT_LE(testing::Furthest(*native, *rounded), kMostHalfDifference);
}

INSTANTIATE_TEST_SUITE_P(All, FusedGraphsTest, ::testing::ValuesIn(KnownGraphs()), &NameOfGraph);

TEST(FusedGraphTest, FinishedVectorsAreTakenOver) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  for (const std::string family : {"bert", "mpnet"}) {
    const auto path = testing::FusedGraph(family + ".sentence_transformers.opset_17.o2");
    const auto graph = testing::RecogniseWhole(path, "sentence_embedding");
    ASSERT_TRUE(graph.ok()) << graph.status().ToString();
    ASSERT_TRUE(graph->pooling);
    EXPECT_TRUE(graph->pooling->normalize);
    const auto texts = testing::TextsFor(graph->encoder);
    const auto native = testing::NativeTexts(*graph, texts);
    const auto runtime = testing::RuntimeTexts(path, texts, testing::PaddingOf(graph->encoder),
                                               "sentence_embedding");
    ASSERT_TRUE(native.ok() && runtime.ok()) << runtime.status().ToString();
    EXPECT_LE(testing::Furthest(*native, *runtime), 1e-6);
  }
}

TEST(FusedGraphTest, SoftmaxInFloat16StaysWithOnnxRuntime) {
  const auto encoder = testing::RecogniseFile(testing::FusedGraph("mpnet.optimum.opset_14.o4"));
  EXPECT_EQ(encoder.status().code(), StatusCode::kUnimplemented) << encoder.status().ToString();
  EXPECT_THAT(encoder.status().message(), HasSubstr("found float16"));
}

TEST(FusedGraphTest, GeluByTanhIsNotTakenForErf) {
  const auto exact = testing::RecogniseFile(testing::FusedGraph("bert.optimum.opset_14.o2"));
  const auto fast = testing::RecogniseFile(testing::FusedGraph("bert.optimum.opset_14.o3"));
  ASSERT_TRUE(exact.ok() && fast.ok()) << fast.status().ToString();
  EXPECT_EQ(exact->layers[0].feed_forward.activation, Activation::kGelu);
  EXPECT_EQ(fast->layers[0].feed_forward.activation, Activation::kGeluTanh);
}

// Every mutation of one of BERT's graphs, a third of another's, and some of the others'.
class MutatedFusedGraphsTest : public FusedGraphsTest {
 protected:
  size_t step() const {
    if (std::getenv("VETOR_EVERY_MUTATION") != nullptr) return 1;
    if (GetParam() == "bert.optimum.opset_14.python") return 1;
    return GetParam() == "bert.optimum.opset_14.heads" ? 3 : 41;
  }
};

TEST_P(MutatedFusedGraphsTest, AreRefusedOrComputedRight) {
  const auto original = testing::LoadGraph(testing::FusedGraph(GetParam()));
  ASSERT_TRUE(original.ok()) << original.status().ToString();
  const testing::ForeignGraphTraits traits = testing::TraitsOf(GetParam());
  const testing::Judge judge{folder_ / "changed.onnx", traits.output, traits.alone};
  const auto outcome_of = [&](const OnnxModel& model, std::string* why) {
    if (!IsHalfGraph(GetParam())) return testing::OutcomeOf(model, judge, why);
    if (!WriteOnnxFile(model, judge.path).ok()) return Outcome::kNoModel;
    const auto known = testing::RecogniseFile(judge.path, traits.output);
    if (!known.ok()) return Outcome::kRefused;
    return testing::OutcomeOf(testing::Widened(model), judge, why);
  };
  std::string why;
  ASSERT_EQ(outcome_of(*original, &why), Outcome::kRight) << why;
  const std::vector<testing::Mutation> mutations = testing::MutationsOf(*original);
  std::map<Outcome, int> outcomes;
  for (size_t i = GetParam().size() % step(); i < mutations.size(); i += step()) {
    OnnxModel model = *original;
    mutations[i].change(&model);
    why.clear();
    const Outcome outcome = outcome_of(model, &why);
    ++outcomes[outcome];
    EXPECT_NE(outcome, Outcome::kWrong) << mutations[i].name << " " << why;
  }
  RecordProperty("refused", outcomes[Outcome::kRefused]);
  RecordProperty("right", outcomes[Outcome::kRight]);
  RecordProperty("no_model", outcomes[Outcome::kNoModel]);
  EXPECT_GT(outcomes[Outcome::kRefused], step() == 1 ? 60 : 0);
  EXPECT_GT(outcomes[Outcome::kRight], step() == 1 ? 60 : 0);
}

INSTANTIATE_TEST_SUITE_P(All, MutatedFusedGraphsTest, ::testing::ValuesIn(KnownGraphs()),
                         &NameOfGraph);

// Changes by name: what is taken over, what is refused, and in which words.
class ChangedFusedGraphTest : public testing::ChangedGraphTest {
 protected:
  void Load(const std::string& name) { ChangedGraphTest::Load(testing::FusedGraph(name)); }

  void SetUp() override { Load("bert.optimum.opset_14.python"); }

  // The first node of the operator.
  OnnxNode& Node(const std::string& op_type) {
    const auto found = std::find_if(model_.nodes.begin(), model_.nodes.end(),
                                    [&](const auto& node) { return node.op_type == op_type; });
    EXPECT_NE(found, model_.nodes.end()) << op_type;
    return *found;
  }

  void Set(OnnxNode* node, const OnnxAttribute& attribute) {
    std::erase_if(node->attributes, [&](const auto& own) { return own.name == attribute.name; });
    node->attributes.push_back(attribute);
  }

  void InsertBefore(const OnnxNode& node, OnnxNode inserted) {
    model_.nodes.insert(model_.nodes.begin() + (&node - model_.nodes.data()), std::move(inserted));
  }
};

TEST_F(ChangedFusedGraphTest, ARefusalNamesNodeAndAttribute) {
  Set(&Node("Attention"), {"unidirectional", int64_t{1}});
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("(\"Attention\" of \"com.microsoft\")"),
                               HasSubstr("attribute \"unidirectional\", found 1")));
  Set(&Node("Attention"), {"unidirectional", int64_t{0}});
  ExpectRight();
  Set(&Node("Attention"), {"do_rotary", int64_t{1}});
  EXPECT_THAT(Refusal(), HasSubstr("attribute \"do_rotary\", found 1"));
}

TEST_F(ChangedFusedGraphTest, AFillerThatHidesTooLittleIsRefused) {
  Set(&Node("Attention"), {"mask_filter_value", -100.0F});
  EXPECT_THAT(Refusal(), HasSubstr("\"mask_filter_value\", found -100"));
  std::erase_if(Node("Attention").attributes,
                [](const auto& own) { return own.name == "mask_filter_value"; });
  ExpectRight();  // The default hides enough.
}

TEST_F(ChangedFusedGraphTest, AnotherScaleIsTaken) {
  Set(&Node("Attention"), {"scale", 0.7F});
  const auto encoder = Recognise();
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_NEAR(encoder->layers[0].attention.scale, 0.7, 1e-7);
  ExpectRight();
  Set(&Node("Attention"), {"scale", 0.0F});  // The default.
  ExpectRight();
}

TEST_F(ChangedFusedGraphTest, PartsOfTheWeightsMayHaveTheirWidths) {
  Set(&Node("Attention"), {"qkv_hidden_sizes", std::vector<int64_t>{32, 32, 32}});
  ExpectRight();
  Set(&Node("Attention"), {"qkv_hidden_sizes", std::vector<int64_t>{24, 24, 48}});
  EXPECT_THAT(Refusal(), HasSubstr("values as wide as keys"));
  Set(&Node("Attention"), {"qkv_hidden_sizes", std::vector<int64_t>{32, 32, 16}});
  EXPECT_THAT(Refusal(), HasSubstr("\"qkv_hidden_sizes\""));
}

TEST_F(ChangedFusedGraphTest, EarlierKeysAreRefused) {
  OnnxNode& attention = Node("Attention");
  attention.inputs.emplace_back("past");
  const std::string past = testing::AddFloats(&model_, {2, 1, 4, 1, 8}, std::vector<float>(64));
  attention.inputs.back() = past;
  EXPECT_THAT(Refusal(), HasSubstr("no keys and values of earlier tokens, found an input 4"));
}

TEST_F(ChangedFusedGraphTest, AttentionWithoutAMaskIsRefused) {
  Node("Attention").inputs.pop_back();
  EXPECT_THAT(Refusal(), HasSubstr("scores that attention_mask is added to"));
}

TEST_F(ChangedFusedGraphTest, LengthsOfWhatIsNotTheMaskAreRefused) {
  OnnxNode& attention = Node("Attention");
  OnnxNode sum{.op_type = "ReduceMax",
               .name = "longest",
               .inputs = {"attention_mask_int32"},
               .outputs = {"longest"},
               .attributes = {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}}};
  attention.inputs[3] = "longest";
  InsertBefore(attention, sum);
  Refusal();
}

TEST_F(ChangedFusedGraphTest, LengthsWithoutAMaskAreRefused) {
  Node("EmbedLayerNormalization").inputs.resize(7);
  EXPECT_THAT(Refusal(), HasSubstr("EmbedLayerNormalization"));
}

TEST_F(ChangedFusedGraphTest, PositionsThatAreGivenAreTaken) {
  OnnxNode& embedding = Node("EmbedLayerNormalization");
  embedding.inputs.emplace_back("positions");
  // Ones that are added up, less one: of each row, or of one for all.
  const std::string zero = testing::AddIntegers(&model_, {}, {0});
  OnnxNode zeros{.op_type = "Mul", .inputs = {"input_ids", zero}, .outputs = {"zeros"}};
  const std::string one = testing::AddIntegers(&model_, {}, {1});
  OnnxNode ones{.op_type = "Add", .inputs = {"zeros", one}, .outputs = {"ones"}};
  OnnxNode places{.op_type = "CumSum",
                  .inputs = {"ones", testing::AddIntegers(&model_, {}, {1})},
                  .outputs = {"places"},
                  .attributes = {{"exclusive", int64_t{1}}}};
  OnnxNode cast{.op_type = "Cast",
                .inputs = {"places"},
                .outputs = {"positions"},
                .attributes = {{"to", static_cast<int64_t>(OnnxElement::kInt32)}}};
  model_.nodes.insert(model_.nodes.begin(), {zeros, ones, places, cast});
  ExpectRight();
  for (OnnxNode& node : model_.nodes) {
    if (node.op_type == "CumSum") node.attributes.clear();  // From 1 on.
  }
  ExpectRight();
}

TEST_F(ChangedFusedGraphTest, TheEpsilonOfANormIsTaken) {
  Set(&Node("SkipLayerNormalization"), {"epsilon", 0.25F});
  Set(&Node("EmbedLayerNormalization"), {"epsilon", 0.5F});
  const auto encoder = Recognise();
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->layers[0].attention_after_norm->epsilon, 0.25);
  EXPECT_EQ(encoder->embedding_norm->epsilon, 0.5);
  ExpectRight();
}

TEST_F(ChangedFusedGraphTest, TheSumBesideANormIsTaken) {
  // x = norm(sum) reads on; the sum of the last layer becomes the output, with a norm of its own.
  OnnxNode& last = model_.nodes.back();
  ASSERT_EQ(last.op_type, "SkipLayerNormalization");
  last.outputs = {"normed", "", "", "sum"};
  OnnxNode norm{.op_type = "LayerNormalization",
                .inputs = {"sum", last.inputs[2], last.inputs[3]},
                .outputs = {"last_hidden_state"},
                .attributes = {{"axis", int64_t{-1}}, {"epsilon", 0.125F}}};
  model_.nodes.push_back(norm);
  model_.opset = 17;
  ExpectRight();
  // The mean and the deviation are not values of an encoder.
  model_.nodes[model_.nodes.size() - 2].outputs = {"normed", "sum", "", ""};
  EXPECT_THAT(Refusal(), HasSubstr("\"sum\""));
}

TEST_F(ChangedFusedGraphTest, QuickGeluIsTakenByItsFactor) {
  OnnxNode& gelu = Node("BiasGelu");
  OnnxNode biased{.op_type = "Add", .inputs = gelu.inputs, .outputs = {"biased"}};
  gelu.op_type = "QuickGelu";
  gelu.inputs = {"biased"};
  gelu.attributes = {{"alpha", 1.702F}};
  InsertBefore(gelu, biased);
  const auto encoder = Recognise();
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->layers[0].feed_forward.activation, Activation::kQuickGelu);
  ExpectRight();
  Set(&Node("QuickGelu"), {"alpha", 1.0F});
  ExpectRight();
  Set(&Node("QuickGelu"), {"alpha", 1.5F});
  EXPECT_THAT(Refusal(), HasSubstr("attribute \"alpha\", found 1.5"));
}

TEST_F(ChangedFusedGraphTest, ProjectionsInOneInputAreRefused) {
  Load("bert.optimum.opset_14.heads");
  OnnxNode& attention = Node("MultiHeadAttention");
  attention.inputs[1].clear();
  EXPECT_THAT(Refusal(), HasSubstr("each an input of its own"));
}

TEST_F(ChangedFusedGraphTest, OperatorsOfAnotherVersionAreRefused) {
  model_.other_domains = {{"com.microsoft", 2}};
  EXPECT_THAT(Refusal(), HasSubstr("operator set 1 of com.microsoft"));
}

TEST_F(ChangedFusedGraphTest, AnUnknownOperatorOfTheRuntimeIsRefused) {
  Node("Attention").op_type = "PackedAttention";
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("\"PackedAttention\""),
                               HasSubstr("an operator that text encoders consist of")));
}

}  // namespace
}  // namespace vetor
