// A graph that is almost an encoder never gives almost right vectors: each node and each constant
// of each family's graph is changed in each way that there is here, and the result is either
// refused, by the recogniser or by ONNX Runtime, or computed as ONNX Runtime computes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "exporter/graph/graph_writer.h"
#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/graph_mutations.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/encoder/recogniser/torch_pooling.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using testing::Outcome;

// The same for a graph with finished vectors, whose lengths count as well.
Outcome PooledOutcomeOf(const OnnxModel& model, const std::filesystem::path& path,
                        std::string* why) {
  if (!WriteOnnxFile(model, path).ok()) return Outcome::kNoModel;
  const auto graph = testing::RecogniseWhole(path, "sentence_embedding");
  if (!graph.ok()) {
    *why = graph.status().ToString();
    return graph.status().code() == StatusCode::kUnimplemented ? Outcome::kRefused
                                                               : Outcome::kNoModel;
  }
  // Token vectors are not what the output is to hold: the engine refuses them.
  if (!graph->pooling) return Outcome::kRefused;
  const auto texts = testing::TextsFor(graph->encoder);
  const auto runtime = testing::RuntimeTexts(path, texts, 0, "sentence_embedding");
  if (!runtime.ok() || !std::isfinite(testing::Furthest(*runtime, *runtime))) {
    return Outcome::kNoModel;
  }
  const auto native = testing::NativeTexts(*graph, texts);
  if (!native.ok()) return Outcome::kWrong;
  const double furthest = testing::Furthest(*native, *runtime);
  *why = "differs by " + std::to_string(furthest);
  return furthest <= testing::kMostMutatedDifference ? Outcome::kRight : Outcome::kWrong;
}

class MutatedGraphsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }

  // The family's graph.
  OnnxModel Export(const std::string& family, int opset) {
    const auto encoder = testing::OpenTiny(family);
    EXPECT_TRUE(encoder.ok());
    EXPECT_TRUE(WriteGraph(*encoder, {.opset = opset}, folder_ / "model.onnx").ok());
    auto model = testing::LoadGraph(folder_ / "model.onnx");
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    return *std::move(model);
  }

  Outcome Try(const OnnxModel& model, std::string* why) {
    return testing::OutcomeOf(model, {.path = folder_ / "changed.onnx"}, why);
  }

  // Every `step`th of the mutations of the nodes from `first` on and of the constants that they
  // read, and what becomes of them. A mutation that gives wrong vectors is a failure.
  std::map<Outcome, int> TryEach(const OnnxModel& original, size_t first, size_t step,
                                 const std::function<Outcome(const OnnxModel&, std::string*)>& of) {
    const std::vector<testing::Mutation> mutations = testing::MutationsOf(original, first);
    std::map<Outcome, int> outcomes;
    for (size_t i = 0; i < mutations.size(); i += step) {
      OnnxModel model = original;
      mutations[i].change(&model);
      std::string why;
      const Outcome outcome = of(model, &why);
      ++outcomes[outcome];
      EXPECT_TRUE(outcome != Outcome::kWrong) << mutations[i].name << " " << why;
    }
    return outcomes;
  }

  const TemporaryFolder folder_;
};

// Every mutation of BERT's graph, and every third of the other families'.
TEST_P(MutatedGraphsTest, IsRefusedOrComputedRight) {
  const auto families = testing::TinyFamilies();
  const auto family = static_cast<size_t>(std::find(families.begin(), families.end(), GetParam()) -
                                          families.begin());
  const OnnxModel original = Export(GetParam(), family % 2 == 0 ? 12 : 20);
  std::string why;
  ASSERT_EQ(Try(original, &why), Outcome::kRight) << why;
  const std::vector<testing::Mutation> mutations = testing::MutationsOf(original);
  std::map<Outcome, int> outcomes;
  for (size_t i = family % 3; i < mutations.size(); i += family == 0 ? 1 : 3) {
    OnnxModel model = original;
    mutations[i].change(&model);
    why.clear();
    const Outcome outcome = Try(model, &why);
    ++outcomes[outcome];
    EXPECT_TRUE(outcome != Outcome::kWrong) << mutations[i].name << " " << why;
  }
  EXPECT_GT(outcomes[Outcome::kRefused], 100);
  EXPECT_GT(outcomes[Outcome::kRight], 10);
}

INSTANTIATE_TEST_SUITE_P(All, MutatedGraphsTest, ::testing::ValuesIn(testing::TinyFamilies()),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

class MutatedFormsTest : public MutatedGraphsTest {};

// A graph in float16. ONNX Runtime computes the changed graph in float32, with the same weights.
TEST_F(MutatedFormsTest, InFloat16IsRefusedOrComputedRight) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok());
  const FloatLinear linear(OnnxElement::kFloat16);
  const FloatEmbedding embedding(OnnxElement::kFloat16);
  const GraphOptions options{.linear = &linear, .embedding = &embedding};
  ASSERT_TRUE(WriteGraph(*encoder, options, folder_ / "model.onnx").ok());
  const auto model = testing::LoadGraph(folder_ / "model.onnx");
  ASSERT_TRUE(model.ok());
  const auto outcome_of = [this](const OnnxModel& changed, std::string* why) {
    if (!WriteOnnxFile(changed, folder_ / "changed.onnx").ok()) return Outcome::kNoModel;
    const auto known = testing::RecogniseFile(folder_ / "changed.onnx");
    if (!known.ok()) return Outcome::kRefused;
    return Try(testing::Widened(changed), why);
  };
  std::string why;
  ASSERT_EQ(outcome_of(*model, &why), Outcome::kRight) << why;
  auto outcomes = TryEach(*model, 0, 3, outcome_of);
  EXPECT_GT(outcomes[Outcome::kRefused], 100);
  EXPECT_GT(outcomes[Outcome::kRight], 10);
}

// A graph with finished vectors: each change of its pooling.
TEST_F(MutatedFormsTest, PoolingIsRefusedOrComputedRight) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok());
  const PoolingSpec spec{.modes = {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kLastToken,
                                   PoolingMode::kMax, PoolingMode::kMeanSqrtLen,
                                   PoolingMode::kWeightedMean}};
  for (const int opset : {12, 20}) {
    ASSERT_TRUE(
        WriteGraph(*encoder, {.opset = opset, .pooling = &spec}, folder_ / "model.onnx").ok());
    const auto model = testing::LoadGraph(folder_ / "model.onnx");
    ASSERT_TRUE(model.ok());
    const auto first = std::find_if(model->nodes.begin(), model->nodes.end(), [](const auto& n) {
      return n.outputs[0].starts_with("pooling/");
    });
    const auto outcome_of = [this](const OnnxModel& changed, std::string* why) {
      return PooledOutcomeOf(changed, folder_ / "changed.onnx", why);
    };
    std::string why;
    ASSERT_EQ(outcome_of(*model, &why), Outcome::kRight) << why;
    auto outcomes =
        TryEach(*model, static_cast<size_t>(first - model->nodes.begin()), 1, outcome_of);
    EXPECT_GT(outcomes[Outcome::kRefused], 100);
    EXPECT_GT(outcomes[Outcome::kRight], 10);
  }
}

// The same of what sentence-transformers' modules become.
TEST_F(MutatedFormsTest, WrittenPoolingIsRefusedOrComputedRight) {
  testing::TorchPooling pooling;
  OnnxModel model = Export("bert", 14);
  const size_t first = model.nodes.size();
  const int64_t width = std::get<int64_t>(model.outputs[0].dims[2]);
  pooling.Take(std::move(model), width);
  const std::string all = pooling.Op(
      "Concat", {pooling.Mean(), pooling.FirstToken(), pooling.LastToken(), pooling.Max()},
      {{"axis", int64_t{-1}}});
  pooling.End(pooling.Unit(all), 4 * width);
  const auto outcome_of = [this](const OnnxModel& changed, std::string* why) {
    return PooledOutcomeOf(changed, folder_ / "changed.onnx", why);
  };
  std::string why;
  ASSERT_EQ(outcome_of(pooling.model(), &why), Outcome::kRight) << why;
  auto outcomes = TryEach(pooling.model(), first, 1, outcome_of);
  EXPECT_GT(outcomes[Outcome::kRefused], 100);
  EXPECT_GT(outcomes[Outcome::kRight], 5);
}

}  // namespace
}  // namespace vetor
