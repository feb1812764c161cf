// Each family from its checkpoint to a graph and back: what is recognised is what was exported.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "encoder/recogniser/graph_encoder.h"
#include "encoder/weight_scan.h"
#include "exporter/graph/graph_writer.h"
#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

class FamiliesRecogniserTest : public ::testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(FamiliesRecogniserTest, TheGraphIsTheCheckpoint) {
  const auto& [family, opset] = GetParam();
  const auto original = testing::OpenTiny(family);
  ASSERT_TRUE(original.ok()) << original.status().ToString();
  const TemporaryFolder folder;
  const auto path = folder / "model.onnx";
  ASSERT_TRUE(WriteGraph(*original, {.opset = opset}, path).ok());
  const auto recognised = testing::RecogniseFile(path);
  ASSERT_TRUE(recognised.ok()) << recognised.status().ToString();
  EXPECT_EQ(recognised->layers.size(), original->layers.size());
  EXPECT_EQ(recognised->hidden_size, original->hidden_size);
  EXPECT_EQ(recognised->position_rule == PositionRule::kAfterPadding,
            original->position_rule == PositionRule::kAfterPadding);
  if (!original->position.empty()) {
    EXPECT_EQ(recognised->max_positions, original->max_positions);
  }
  for (size_t i = 0; i < original->layers.size(); ++i) {
    EXPECT_EQ(recognised->layers[i].attention.causal, original->layers[i].attention.causal);
    EXPECT_EQ(recognised->layers[i].attention.window, original->layers[i].attention.window);
  }
  const auto texts = testing::TextsFor(*original);
  const auto expected = testing::ReferenceVectors(*original, texts);
  const auto reference = testing::ReferenceVectors(*recognised, texts);
  const auto native = testing::NativeVectors(*recognised, texts);
  ASSERT_TRUE(expected.ok() && reference.ok() && native.ok());
  EXPECT_LE(testing::Furthest(*reference, *expected), 2e-6);
  EXPECT_LE(testing::Furthest(*native, *expected), 3e-6);
}

// Weights that lie in another file are read from there.
TEST(RecogniserTest, ReadsExternalData) {
  const auto original = testing::OpenTiny("bert");
  ASSERT_TRUE(original.ok());
  const TemporaryFolder folder;
  const auto path = folder / "model.onnx";
  ASSERT_TRUE(WriteGraph(*original, {.max_file_bytes = 1000}, path).ok());
  ASSERT_TRUE(std::filesystem::exists(folder / "model.onnx_data"));
  const auto recognised = testing::RecogniseFile(path);
  ASSERT_TRUE(recognised.ok()) << recognised.status().ToString();
  const auto texts = testing::TextsFor(*original);
  EXPECT_LE(testing::Furthest(*testing::ReferenceVectors(*recognised, texts),
                              *testing::ReferenceVectors(*original, texts)),
            1e-7);
}

// A graph's weights have names, as those of a checkpoint have.
TEST(RecogniserTest, ADamagedWeightIsNamed) {
  const auto original = testing::OpenTiny("bert");
  ASSERT_TRUE(original.ok());
  const TemporaryFolder folder;
  const auto path = folder / "model.onnx";
  ASSERT_TRUE(WriteGraph(*original, {}, path).ok());
  auto model = testing::LoadGraph(path);
  ASSERT_TRUE(model.ok());
  const auto up =
      std::find_if(model->initializers.begin(), model->initializers.end(),
                   [](const auto& i) { return i.name == "layer.1/feed_forward/up.weight"; });
  ASSERT_NE(up, model->initializers.end());
  std::string bytes = testing::BytesOf(*up);
  bytes.replace(bytes.size() - 4, 4, std::string("\0\0\xC0\x7F", 4));  // The last is NaN.
  testing::SetBytes(&*up, bytes);
  ASSERT_TRUE(WriteOnnxFile(*model, path).ok());
  const auto recognised = testing::RecogniseFile(path);
  ASSERT_TRUE(recognised.ok()) << recognised.status().ToString();
  const StoredWeights& weights = *recognised->weights;
  const TensorView* word = weights.Find(recognised->word.name);
  ASSERT_NE(word, nullptr);
  EXPECT_EQ(word->bytes.data(), recognised->word.bytes.data());
  EXPECT_EQ(FindDamagedWeight(weights),
            "tensor \"layer.1/feed_forward/up.weight\" has nan in row " +
                std::to_string(up->dims[0] - 1));
}

INSTANTIATE_TEST_SUITE_P(All, FamiliesRecogniserTest,
                         ::testing::ValuesIn(testing::FamiliesAtEveryOpset()),
                         &testing::NameOfFamilyAndOpset);

}  // namespace
}  // namespace vetor
