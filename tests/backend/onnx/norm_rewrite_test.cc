#include "backend/onnx/norm_rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "backend/onnx/onnx_backend.h"
#include "backend/onnx/runtime_library.h"
#include "backend/onnx/shared_weights.h"
#include "exporter/graph/graph_builder.h"
#include "exporter/graph/weight_source.h"
#include "formats/onnx/graph_view.h"
#include "formats/onnx/onnx_file.h"
#include "os/file.h"
#include "tests/support/graph_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Rows of the table, which is then large enough to be taken out of the file.
constexpr int64_t kRows = 1024;
constexpr int64_t kWidth = 32;

// How the normalisation is written; the defaults are what exporters write.
struct Form {
  int opset = 12;
  int64_t axis = -1;
  float exponent = 2;
  bool square_by_product = false;
  bool second_sub = false;  // If it is set, one Sub feeds the square and another one the quotient.
  bool epsilon_first = false;
  bool constant_epsilon = true;
  bool variance_of_another = false;
  bool quotient_read_twice = false;
  bool variance_read_twice = false;
  int64_t scale_length = kWidth;
  OnnxElement scale_type = OnnxElement::kFloat;
  std::string ids = "input_ids";
};

std::vector<float> Numbers(int64_t count, float scale) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::normal_distribution<float> normal(0.3F, scale);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(random);
  return values;
}

Value Scale(GraphBuilder* graph, const Form& form) {
  OnnxInitializer scale = FloatWeight("scale", {form.scale_length}, Numbers(form.scale_length, 1));
  if (form.scale_type != OnnxElement::kFloat) {
    scale.element = form.scale_type;
    scale.write = [](const ByteSink& sink) { return sink(std::string(2 * kWidth, 1)); };
  }
  return graph->Weight(std::move(scale));
}

Value Steps(GraphBuilder* graph, const Value& x, const Form& form) {
  const auto centre = [&] {
    return graph->Op("Sub", {x, graph->Reduce("ReduceMean", x, form.axis)});
  };
  const Value centred = centre();
  const Value again = form.second_sub ? centre() : centred;
  const Value base = form.variance_of_another ? x : again;
  const Value square = form.square_by_product
                           ? graph->Op("Mul", {base, base})
                           : graph->Op("Pow", {base, graph->Scalar(form.exponent)});
  const Value variance = graph->Reduce("ReduceMean", square, form.axis);
  Value epsilon = graph->Scalar(1e-3F);
  if (!form.constant_epsilon) epsilon = graph->Op("Abs", {epsilon});
  const Value sum = form.epsilon_first ? graph->Op("Add", {epsilon, variance})
                                       : graph->Op("Add", {variance, epsilon});
  const Value unit = graph->Op("Div", {centred, graph->Op("Sqrt", {sum})});
  Value y = graph->Op("Mul", {unit, Scale(graph, form)});
  if (form.quotient_read_twice) y = graph->Op("Add", {y, unit});
  if (form.variance_read_twice) y = graph->Op("Add", {y, variance});
  return y;
}

// A model whose one layer looks the ids up. `layer` takes [batch, sequence, 32] and returns the
// same shape.
template <typename Layer>
OnnxModel Model(int opset, const std::string& ids, Layer layer) {
  GraphBuilder graph(opset);
  for (const std::string& name : {ids, std::string("attention_mask")}) {
    graph.AddInput({.name = name,
                    .element = OnnxElement::kInt64,
                    .dims = {std::string("batch"), std::string("sequence")}});
  }
  const Value table =
      graph.Weight(FloatWeight("table", {kRows, kWidth}, Numbers(kRows * kWidth, 2)));
  const Value y = layer(&graph, graph.Op("Gather", {table, ids}));
  graph.AddOutput(y, {.name = "last_hidden_state",
                      .dims = {std::string("batch"), std::string("sequence"), kWidth}});
  return graph.Finish("norm");
}

std::string Bytes(const OnnxModel& model, const TemporaryFolder& folder) {
  EXPECT_TRUE(WriteOnnxFile(model, folder / "model.onnx").ok());
  const auto bytes = ReadFile(folder / "model.onnx");
  EXPECT_TRUE(bytes.ok());
  return *bytes;
}

Result<RewrittenGraph> RewriteBytes(std::string_view model) {
  const Result<OnnxGraphView> view = OnnxGraphView::Read(model);
  if (!view.ok()) return view.status();
  return RewriteLayerNorms(*view);
}

RewrittenGraph Rewrite(const std::string& model) {
  auto rewritten = RewriteBytes(model);
  EXPECT_TRUE(rewritten.ok()) << rewritten.status().ToString();
  return *std::move(rewritten);
}

std::string ModelOf(const Form& form, const TemporaryFolder& folder) {
  return Bytes(Model(form.opset, form.ids,
                     [&](GraphBuilder* graph, const Value& x) { return Steps(graph, x, form); }),
               folder);
}

// The operator types of the model's nodes, and the names of its initialisers.
std::vector<std::string> Parts(const std::string& model) {
  std::vector<std::string> parts;
  const auto view = OnnxGraphView::Read(model);
  EXPECT_TRUE(view.ok()) << view.status().ToString();
  for (const OnnxNodeView& node : view->nodes()) parts.emplace_back(node.op_type);
  for (const OnnxGraphTensor& part : view->tensors()) {
    if (part.role == OnnxGraphTensor::kInitializer) parts.emplace_back(part.value);
  }
  return parts;
}

TEST(NormRewriteTest, EveryUsualFormIsRewritten) {
  const TemporaryFolder folder;
  for (const Form& form :
       {Form{}, Form{.opset = 17}, Form{.opset = 18}, Form{.square_by_product = true},
        Form{.second_sub = true}, Form{.epsilon_first = true}}) {
    const RewrittenGraph rewritten = Rewrite(ModelOf(form, folder));
    EXPECT_EQ(rewritten.norms, 1);
    EXPECT_THAT(Parts(rewritten.model),
                UnorderedElementsAre("Shape", "Gather", "ConstantOfShape", "ConstantOfShape",
                                     "Gather", "InstanceNormalization", "Mul", "Identity",
                                     "vetor_norm_axis", "table", "scale"));
  }
}

TEST(NormRewriteTest, WhatIsAnotherFormulaStays) {
  const TemporaryFolder folder;
  for (const Form& form : {Form{.axis = 1}, Form{.exponent = 3}, Form{.constant_epsilon = false},
                           Form{.variance_of_another = true}, Form{.quotient_read_twice = true},
                           Form{.scale_length = 1}, Form{.scale_type = OnnxElement::kFloat16},
                           Form{.ids = "tokens"}}) {
    const RewrittenGraph rewritten = Rewrite(ModelOf(form, folder));
    EXPECT_EQ(rewritten.norms, 0) << rewritten.model.size();
    EXPECT_TRUE(rewritten.model.empty());
  }
}

// 24 is not a multiple of 16, so a row's sum would depend on where in the batch the row begins.
TEST(NormRewriteTest, AnOddWidthStays) {
  GraphBuilder graph(17);
  graph.AddInput({.name = "input_ids", .element = OnnxElement::kInt64, .dims = {int64_t{1}}});
  const Value scale = graph.Weight(FloatWeight("scale", {24}, Numbers(24, 1)));
  graph.AddOutput(graph.Op("LayerNormalization", {"x", scale}), {.name = "y", .dims = {}});
  const TemporaryFolder folder;
  EXPECT_EQ(Rewrite(Bytes(graph.Finish("odd"), folder)).norms, 0);
}

TEST(NormRewriteTest, AStepThatOthersReadStays) {
  const TemporaryFolder folder;
  const RewrittenGraph rewritten = Rewrite(ModelOf({.variance_read_twice = true}, folder));
  EXPECT_EQ(rewritten.norms, 1);
  EXPECT_THAT(Parts(rewritten.model),
              AllOf(Contains("Pow"), Contains("Sub"), Not(Contains("Sqrt")), Not(Contains("Div"))));
}

void AddNode(const std::string& op_type, const std::vector<std::string>& inputs,
             const std::string& output, OnnxModel* model) {
  model->nodes.push_back({.op_type = op_type, .inputs = inputs, .outputs = {output}});
  if (op_type == "ReduceMean")
    model->nodes.back().attributes = {{"axes", std::vector<int64_t>{-1}}};
}

// Adds the steps of a norm of `x`, with names that begin with `prefix`.
void AddNorm(const std::string& prefix, const std::string& epsilon, const std::string& scaled,
             OnnxModel* model) {
  AddNode("ReduceMean", {"x"}, prefix + "mean", model);
  AddNode("Sub", {"x", prefix + "mean"}, prefix + "centred", model);
  AddNode("Pow", {prefix + "centred", "two"}, prefix + "square", model);
  AddNode("ReduceMean", {prefix + "square"}, prefix + "variance", model);
  AddNode("Add", {prefix + "variance", epsilon}, prefix + "sum", model);
  AddNode("Sqrt", {prefix + "sum"}, prefix + "root", model);
  AddNode("Div", {prefix + "centred", prefix + "root"}, prefix + "unit", model);
  AddNode("Mul", {prefix + "unit", "scale"}, scaled, model);
}

// Guards against a file of 7 kB that took for ever to walk: a norm's epsilon is both an initialiser
// and another norm's output, and a chain of nodes reads one value twice.
TEST(NormRewriteTest, NamesGivenTwiceCostNoTime) {
  const TemporaryFolder folder;
  OnnxModel model = Model(12, "input_ids", [&](GraphBuilder* graph, const Value& x) {
    graph->Weight(FloatWeight("scale", {kWidth}, Numbers(kWidth, 1)));
    for (const char* name : {"first_epsilon", "second_epsilon", "end"}) {
      graph->Weight(FloatWeight(name, {}, {1e-5F}));
    }
    graph->Weight(FloatWeight("two", {}, {2}));
    return graph->Op("Identity", {x});
  });
  AddNode("Identity", {model.nodes.front().outputs.front()}, "x", &model);
  AddNorm("a_", "first_epsilon", "a", &model);
  AddNorm("b_", "second_epsilon", "first_epsilon", &model);
  std::string made = "second_epsilon";
  for (int i = 0; i < 64; ++i) {
    const std::string read = "f" + std::to_string(i);
    AddNode("Mul", {read, read}, made, &model);
    made = read;
  }
  AddNode("Identity", {"end"}, made, &model);
  EXPECT_TRUE(RewriteBytes(Bytes(model, folder)).ok());
}

TEST(NormRewriteTest, EveryCutOffModelIsDataLossOrLeftAlone) {
  const TemporaryFolder folder;
  const std::string model = ModelOf({}, folder);
  for (size_t size = 0; size < model.size(); size += size < 3000 ? 1 : 1009) {
    const auto rewritten = RewriteBytes(std::string_view(model).substr(0, size));
    if (!rewritten.ok()) {
      EXPECT_EQ(rewritten.status().code(), StatusCode::kDataLoss);
    }
  }
}

class NormRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    const auto runtime = LoadRuntime(testing::TestRuntime());
    ASSERT_TRUE(runtime.ok()) << runtime.status().ToString();
  }

  static std::unique_ptr<Backend> Open(const std::filesystem::path& graph, bool fast_norms) {
    auto backend = OpenOnnxBackend({.graph = graph,
                                    .library_path = testing::TestRuntime(),
                                    .providers = {"cpu"},
                                    .fast_norms = fast_norms});
    EXPECT_TRUE(backend.ok()) << backend.status().ToString();
    return backend.ok() ? *std::move(backend) : nullptr;
  }

  static int Rewritten(const std::filesystem::path& graph) {
    const auto weights = SharedWeights::Load(testing::MapGraph(graph), {.share = true});
    EXPECT_TRUE(weights.ok()) << weights.status().ToString();
    return weights.ok() ? (*weights)->RewriteNorms() : -1;
  }

  // The vectors are those of the original graph within rounding, and have the same bits alone and
  // as a later row of a batch.
  static void ExpectSameVectors(const std::filesystem::path& graph, double tolerance) {
    const auto fast = Open(graph, true);
    const auto plain = Open(graph, false);
    ASSERT_TRUE(fast && plain);
    TokenBatch batch{.row_begin = {0, 9, 18, 27}};
    for (int64_t i = 0; i < 27; ++i) batch.token_ids.push_back(100 + i * 31 % 900);
    const auto a = fast->Run(batch);
    const auto b = plain->Run(batch);
    ASSERT_TRUE(a.ok() && b.ok());
    ASSERT_EQ(a->values.size(), b->values.size());
    for (size_t i = 0; i < a->values.size(); ++i) {
      ASSERT_NEAR(a->values[i], b->values[i], tolerance) << i;
    }
    const auto alone = fast->Run(batch.Only(2));
    ASSERT_TRUE(alone.ok());
    const auto last = a->values.last(alone->values.size());
    EXPECT_TRUE(std::equal(last.begin(), last.end(), alone->values.begin()));
  }
};

TEST_F(NormRunTest, EveryFormGivesTheSameVectors) {
  for (const Form& form : {Form{}, Form{.opset = 18, .square_by_product = true},
                           Form{.second_sub = true, .variance_read_twice = true}}) {
    const TemporaryFolder folder;
    ModelOf(form, folder);
    ExpectSameVectors(folder / "model.onnx", 1e-5);
  }
}

TEST_F(NormRunTest, ANormNodeWithAndWithoutBiasGivesTheSameVectors) {
  for (const bool bias : {true, false}) {
    const TemporaryFolder folder;
    Bytes(Model(17, "input_ids",
                [&](GraphBuilder* graph, const Value& x) {
                  std::vector<Value> inputs = {x, Scale(graph, {})};
                  if (bias) {
                    inputs.push_back(graph->Weight(FloatWeight("bias", {kWidth}, Numbers(32, 3))));
                  }
                  return graph->Op("LayerNormalization", inputs, {{"epsilon", 1e-3F}});
                }),
          folder);
    EXPECT_EQ(Rewritten(folder / "model.onnx"), 1);
    ExpectSameVectors(folder / "model.onnx", 1e-5);
  }
}

// [batch, parts, sequence, 16] looks the same in the graph; only opening it shows the difference.
TEST_F(NormRunTest, ANormOverAnotherShapeOpensAsItIs) {
  const TemporaryFolder folder;
  Bytes(
      Model(17, "input_ids",
            [&](GraphBuilder* graph, const Value& x) {
              const Value parts = graph->Transpose(graph->Reshape(x, {0, 0, 2, 16}), {0, 2, 1, 3});
              const Value scale = graph->Weight(FloatWeight("scale", {16}, Numbers(16, 1)));
              const Value norm = graph->Op("LayerNormalization", {parts, scale});
              return graph->Reshape(graph->Transpose(norm, {0, 2, 1, 3}), {0, 0, kWidth});
            }),
      folder);
  EXPECT_EQ(Rewritten(folder / "model.onnx"), 1);
  ExpectSameVectors(folder / "model.onnx", 0);
}

// Real graphs: ours in small steps, in fp32 and int8, and another exporter's.
TEST_F(NormRunTest, RealModelsGiveTheSameVectors) {
  struct Case {
    const char* file;
    int norms;
    double tolerance;
  };
  std::string absent;
  for (const Case& c : {Case{"all-MiniLM-L6-v2/model.onnx", 13, 1e-4},
                        Case{"all-MiniLM-L6-v2/model_quantized.onnx", 13, 0.2},
                        Case{"bge-small-en-v1.5/model.onnx", 25, 1e-4}}) {
    const auto graph = testing::FetchedModel(c.file);
    if (!std::filesystem::exists(graph)) {
      absent += std::string(" ") + c.file;
      continue;
    }
    SCOPED_TRACE(c.file);
    EXPECT_EQ(Rewritten(graph), c.norms);
    ExpectSameVectors(graph, c.tolerance);
  }
  if (!absent.empty())
    GTEST_SKIP() << "not there; `make test` or `make check` fetches or makes them:" << absent;
}

}  // namespace
}  // namespace vetor
