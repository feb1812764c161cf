// Graphs that other exporters wrote of tiny checkpoints (tools/exporter/make_foreign_graphs.py):
// all are recognised, and give the vectors of ONNX Runtime. Of a changed graph the same must be
// said, or it is refused.
#include "tests/encoder/recogniser/foreign_graphs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/encoder/recogniser/graph_mutations.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

std::string NameOf(const ::testing::TestParamInfo<std::string>& suite) {
  std::string name = suite.param;
  for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
  return name;
}

// More tokens than there are words, so that no two places are alike.
TokenIds LongText(int tokens) {
  TokenIds ids;
  for (int64_t i = 0; i < tokens; ++i) ids.push_back(5 + i * i % 113);
  return ids;
}

// All graphs of a family by an exporter: "bert.optimum".
class ForeignGraphsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }
};

TEST_P(ForeignGraphsTest, AnswerAsOnnxRuntime) {
  size_t graphs = 0;
  for (const std::string& name : testing::ForeignGraphs()) {
    if (!name.starts_with(GetParam() + ".")) continue;
    SCOPED_TRACE(name);
    ++graphs;
    const auto path = testing::ForeignGraph(name);
    const testing::ForeignGraphTraits traits = testing::TraitsOf(name);
    const auto encoder = testing::RecogniseFile(path, traits.output);
    EXPECT_TRUE(encoder.ok()) << encoder.status().ToString();
    if (!encoder.ok()) continue;
    auto texts = testing::TextsFor(*encoder);
    // Distances and positions that short texts do not have.
    texts.push_back(LongText(std::min(encoder->max_positions, 150)));
    const testing::RuntimeRun run{encoder->pad_token_id, traits.output, traits.alone};
    const auto native = testing::NativeVectors(*encoder, texts);
    const auto reference = testing::ReferenceVectors(*encoder, texts);
    const auto runtime = testing::RunTexts(path, texts, run);
    ASSERT_TRUE(native.ok() && reference.ok() && runtime.ok()) << runtime.status().ToString();
    const double furthest = testing::Furthest(*native, *runtime);
    RecordProperty(name, std::to_string(furthest * 1e6) + "e-6");
    EXPECT_LE(furthest, 1e-5);
    EXPECT_LE(testing::Furthest(*native, *reference), 1e-5);
  }
  EXPECT_GE(graphs, 2U);
}

// What the graph makes of the token vectors is taken over, too.
TEST_P(ForeignGraphsTest, PoolAsOnnxRuntime) {
  for (const std::string& name : testing::ForeignGraphs()) {
    if (!name.starts_with(GetParam() + ".") || !testing::TraitsOf(name).pooled) continue;
    SCOPED_TRACE(name);
    const auto path = testing::ForeignGraph(name);
    const auto graph = testing::RecogniseWhole(path, "sentence_embedding");
    EXPECT_TRUE(graph.ok()) << graph.status().ToString();
    if (!graph.ok()) continue;
    ASSERT_TRUE(graph->pooling);
    EXPECT_TRUE(graph->pooling->normalize);
    const auto texts = testing::TextsFor(graph->encoder);
    const auto native = testing::NativeTexts(*graph, texts);
    const auto runtime = testing::RuntimeTexts(path, texts, testing::PaddingOf(graph->encoder),
                                               "sentence_embedding");
    ASSERT_TRUE(native.ok() && runtime.ok()) << runtime.status().ToString();
    EXPECT_LE(testing::Furthest(*native, *runtime), 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ForeignGraphsTest, ::testing::ValuesIn(testing::ForeignExports()),
                         &NameOf);

// Some mutations of each graph. All of them take hours of a core: with VETOR_EVERY_MUTATION=1.
class MutatedForeignGraphsTest : public ForeignGraphsTest {
 protected:
  // Every `step`th mutation of the graph.
  void Mutate(const std::string& name, size_t step) {
    const auto original = testing::LoadGraph(testing::ForeignGraph(name));
    ASSERT_TRUE(original.ok()) << original.status().ToString();
    const testing::ForeignGraphTraits traits = testing::TraitsOf(name);
    const testing::Judge judge{folder_ / "changed.onnx", traits.output, traits.alone};
    std::string why;
    ASSERT_EQ(testing::OutcomeOf(*original, judge, &why), testing::Outcome::kRight) << why;
    const std::vector<testing::Mutation> mutations = testing::MutationsOf(*original);
    for (size_t i = name.size() % step; i < mutations.size(); i += step) {
      OnnxModel model = *original;
      mutations[i].change(&model);
      why.clear();
      const testing::Outcome outcome = testing::OutcomeOf(model, judge, &why);
      ++outcomes_[outcome];
      EXPECT_NE(outcome, testing::Outcome::kWrong) << mutations[i].name << " " << why;
    }
  }

  const TemporaryFolder folder_;
  std::map<testing::Outcome, int> outcomes_;
};

TEST_P(MutatedForeignGraphsTest, AreRefusedOrComputedRight) {
  size_t step = std::getenv("VETOR_EVERY_MUTATION") != nullptr ? 1 : 150;
  for (const std::string& name : testing::ForeignGraphs()) {
    if (!name.starts_with(GetParam() + ".")) continue;
    SCOPED_TRACE(name);
    Mutate(name, step);
    if (step > 1) ++step;  // Other mutations of the next graph, which is much alike.
  }
  RecordProperty("refused", outcomes_[testing::Outcome::kRefused]);
  RecordProperty("right", outcomes_[testing::Outcome::kRight]);
  EXPECT_GT(outcomes_[testing::Outcome::kRefused], 5);
  EXPECT_GT(outcomes_[testing::Outcome::kRight], 0);
}

INSTANTIATE_TEST_SUITE_P(All, MutatedForeignGraphsTest,
                         ::testing::ValuesIn(testing::ForeignExports()), &NameOf);

}  // namespace
}  // namespace vetor
