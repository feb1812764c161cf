#include "hub/file_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

TEST(FileSelectionTest, AGraphComesWithItsDataAndWithoutWeights) {
  const auto chosen =
      SelectFiles({"README.md", "config.json", "tokenizer.json", "onnx/model.onnx", "LICENSE.txt",
                   "onnx/model.onnx_data", "onnx/model_quantized.onnx", "model.safetensors",
                   "1_Pooling/config.json", "openvino/config.json", "vocab.txt", ".gitattributes"},
                  false, {});
  ASSERT_TRUE(chosen.ok());
  EXPECT_THAT(chosen->files, ElementsAre("1_Pooling/config.json", "config.json", "onnx/model.onnx",
                                         "onnx/model.onnx_data", "tokenizer.json", "vocab.txt"));
  EXPECT_TRUE(chosen->has_graph);
  EXPECT_FALSE(chosen->has_weights);
}

TEST(FileSelectionTest, TheGraphAtTheTopGoesFirst) {
  EXPECT_THAT(SelectFiles({"model.onnx", "onnx/model.onnx"}, false, {})->files,
              ElementsAre("model.onnx"));
}

// Repositories from before sentence-transformers kept the transformer at the top.
TEST(FileSelectionTest, TheTransformersOwnFolderIsLookedIntoLast) {
  EXPECT_THAT(SelectFiles({"0_Transformer/config.json", "0_Transformer/model.onnx",
                           "0_Transformer/model.onnx_data", "modules.json"},
                          false, {})
                  ->files,
              ElementsAre("0_Transformer/config.json", "0_Transformer/model.onnx",
                          "0_Transformer/model.onnx_data", "modules.json"));
  EXPECT_THAT(SelectFiles({"0_Transformer/model.onnx", "onnx/model.onnx"}, false, {})->files,
              ElementsAre("onnx/model.onnx"));
}

TEST(FileSelectionTest, ARepositoryWithAnAdapterAloneIsSaidSo) {
  const auto chosen =
      SelectFiles({"adapter_config.json", "adapter_model.safetensors", "README.md"}, false, {});
  EXPECT_EQ(chosen.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(chosen.status().message(), ::testing::HasSubstr("it holds an adapter"));
}

TEST(FileSelectionTest, WeightsComeWithoutAGraphOrWhenAsked) {
  const Names both = {"model.safetensors", "pytorch_model.bin"};
  EXPECT_THAT(SelectFiles(both, false, {})->files, ElementsAre("model.safetensors"));
  EXPECT_THAT(SelectFiles({"pytorch_model.bin"}, false, {})->files,
              ElementsAre("pytorch_model.bin"));
  EXPECT_THAT(SelectFiles({"model.onnx", "model.safetensors"}, true, {})->files,
              ElementsAre("model.onnx", "model.safetensors"));
  EXPECT_THAT(SelectFiles({"model.safetensors.index.json", "model-00001-of-00002.safetensors",
                           "model-00002-of-00002.safetensors", "other.safetensors"},
                          false, {})
                  ->files,
              ElementsAre("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                          "model.safetensors.index.json"));
  EXPECT_THAT(
      SelectFiles({"0_Transformer/config.json", "0_Transformer/pytorch_model.bin"}, false, {})
          ->files,
      ElementsAre("0_Transformer/config.json", "0_Transformer/pytorch_model.bin"));
}

TEST(FileSelectionTest, ADenseLayersWeightsAreAlwaysNeeded) {
  EXPECT_THAT(SelectFiles({"model.onnx", "2_Dense/config.json", "2_Dense/model.safetensors",
                           "2_Dense/pytorch_model.bin"},
                          false, {})
                  ->files,
              ElementsAre("2_Dense/config.json", "2_Dense/model.safetensors", "model.onnx"));
}

// The message named a flag of the command to programs that have none.
TEST(FileSelectionTest, ARepositoryWithoutAModelNamesTheOptionThatFetchesOtherFiles) {
  EXPECT_THAT(SelectFiles({"README.md"}, false, {}).status().message(),
              HasSubstr("among its 1 files; name files to fetch by a pattern in option include"));
}

TEST(FileSelectionTest, IncludedFilesComeToo) {
  EXPECT_THAT(
      SelectFiles({"model.onnx", "onnx/model_int8.onnx", "README.md"}, false, {"onnx/*"})->files,
      ElementsAre("model.onnx", "onnx/model_int8.onnx"));
  EXPECT_EQ(SelectFiles({"README.md"}, false, {}).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(SelectFiles({"README.md"}, false, {"*.md"}).ok());
}

TEST(FileSelectionTest, PatternsMatchAsDocumented) {
  EXPECT_TRUE(MatchesPattern("a/b/c.onnx", "*.onnx"));
  EXPECT_TRUE(MatchesPattern("abcabd", "a*abd"));
  EXPECT_TRUE(MatchesPattern("", "**"));
  EXPECT_TRUE(MatchesPattern("ab", "?b"));
  EXPECT_FALSE(MatchesPattern("ab", "a"));
  EXPECT_FALSE(MatchesPattern("a", "a?"));
  EXPECT_FALSE(MatchesPattern("abc", "*b"));
}

}  // namespace
}  // namespace vetor
