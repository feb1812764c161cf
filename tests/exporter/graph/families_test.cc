// Compares every family at every operator set with transformers' answers for the same checkpoint.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "exporter/graph/graph_writer.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/exporter/graph/graph_runner.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using testing::GraphRunner;

class FamiliesTest : public ::testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(FamiliesTest, AnswersAsTransformers) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto& [family, opset] = GetParam();
  const auto encoder = testing::OpenTiny(family);
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->family, family);
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.onnx";
  const Status written = WriteGraph(*encoder, {.opset = opset}, path);
  ASSERT_TRUE(written.ok()) << written.ToString();
  const auto runner = GraphRunner::Open(path);
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  EXPECT_EQ((*runner)->outputs(), std::vector<std::string>{"last_hidden_state"});
  EXPECT_EQ((*runner)->inputs().size(), family == "bert" ? 3U : 2U);
  const auto golden = testing::ReadGolden(family);
  ASSERT_TRUE(golden.ok()) << golden.status().ToString();
  ASSERT_GE(golden->size(), 4U);
  for (const auto& [name, batch] : *golden) {
    SCOPED_TRACE(name);
    const auto outputs = (*runner)->Run(batch.inputs);
    ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
    const auto difference = testing::LargestDifference(batch, outputs->at("last_hidden_state"));
    ASSERT_TRUE(difference.has_value());
    EXPECT_LE(*difference, 2e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamiliesTest, ::testing::ValuesIn(testing::FamiliesAtEveryOpset()),
                         &testing::NameOfFamilyAndOpset);

}  // namespace
}  // namespace vetor
