// A graph that is almost an encoder never gives almost right vectors: each node and each constant
// of each family's graph is changed in each way that there is here, and the result is either
// refused, by the recogniser or by ONNX Runtime, or computed as ONNX Runtime computes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "exporter/graph/graph_writer.h"
#include "tests/encoder/recogniser/graph_mutations.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/model/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using testing::Outcome;

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

}  // namespace
}  // namespace vetor
