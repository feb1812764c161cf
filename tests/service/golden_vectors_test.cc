// Compares with sentence-transformers on 2,000 texts in 85 languages (tests/data/golden).
#include "tests/model/golden_vectors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/support/each_runtime.h"

namespace vetor {
namespace {

struct GoldenModel {
  const char* name;                  ///< Of the golden file.
  const char* folder;                ///< Under models/.
  std::vector<PoolingMode> pooling;  ///< If the folder declares none.
  Runtime runtime;
  size_t step = 1;  ///< 10: every tenth text, of a checkpoint whose graph has all of them.
};

class GoldenVectorsTest : public ::testing::TestWithParam<GoldenModel> {
 protected:
  void SetUp() override {
    if (GetParam().runtime != Runtime::kNative) VETOR_SKIP_WITHOUT(testing::TestRuntime());
    VETOR_SKIP_WITHOUT(testing::FetchedModel(GetParam().folder));
  }
  EmbeddingsConfig Config() const {
    EmbeddingsConfig config = testing::TinyConfig(GetParam().runtime);
    config.model.path = testing::FetchedModel(GetParam().folder).string();
    config.model.pooling = GetParam().pooling;
    return config;
  }
};

TEST_P(GoldenVectorsTest, EveryVectorIsSentenceTransformers) {
  std::string why;
  const auto golden = ReadGoldenVectors(GetParam().name, &why);
  ASSERT_TRUE(golden) << why;
  const auto service = EmbeddingsService::Open(Config());
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  std::vector<std::string> texts;
  std::vector<float> expected;
  for (size_t t = 0; t < golden->texts.size(); t += GetParam().step) {
    texts.push_back(golden->texts[t]);
    expected.insert(expected.end(), golden->row(t).begin(), golden->row(t).end());
  }
  const auto embeddings = (*service)->Embed(texts);
  ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
  ASSERT_EQ(embeddings->values.size(), expected.size());
  double worst = 0;
  double sum = 0;
  std::string worst_text;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::fabs(double{embeddings->values[i]} - double{expected[i]});
    sum += difference;
    if (difference > worst) {
      worst = difference;
      worst_text = texts[i / embeddings->dim];
    }
  }
  RecordProperty("worst", fmt::format("{:.3g}", worst));
  RecordProperty("mean", fmt::format("{:.3g}", sum / static_cast<double>(expected.size())));
  EXPECT_LE(worst, 1e-5) << worst_text;
}

// Batching promises that a text alone and among 31 others has the same bits.
TEST_P(GoldenVectorsTest, ATextAloneAndAmongOthersIsBitEqual) {
  std::string why;
  const auto golden = ReadGoldenVectors(GetParam().name, &why);
  ASSERT_TRUE(golden) << why;
  const auto service = EmbeddingsService::Open(Config());
  ASSERT_TRUE(service.ok());
  std::vector<std::string> texts;
  for (size_t i = 0; i < golden->texts.size(); i += golden->texts.size() / 32) {
    texts.push_back(golden->texts[i]);
  }
  const auto together = (*service)->Embed(texts);
  ASSERT_TRUE(together.ok());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = (*service)->Embed({texts[i]});
    ASSERT_TRUE(alone.ok());
    EXPECT_TRUE(std::ranges::equal(alone->row(0), together->row(i))) << texts[i];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, GoldenVectorsTest,
    ::testing::Values(
        GoldenModel{"all-minilm-l6-v2", "all-MiniLM-L6-v2", {}, Runtime::kOnnxRuntime},
        GoldenModel{"all-minilm-l6-v2", "all-MiniLM-L6-v2", {}, Runtime::kNative},
        GoldenModel{"all-minilm-l6-v2", "all-MiniLM-L6-v2-weights", {}, Runtime::kNative, 10},
        GoldenModel{
            "bge-small-en-v1.5", "bge-small-en-v1.5", {PoolingMode::kCls}, Runtime::kOnnxRuntime},
        GoldenModel{
            "bge-small-en-v1.5", "bge-small-en-v1.5", {PoolingMode::kCls}, Runtime::kNative}),
    [](const auto& model) {
      std::string name = model.param.folder;
      std::erase_if(name, [](char c) { return !std::isalnum(c); });
      return name + (model.param.runtime == Runtime::kNative ? "Native" : "OnnxRuntime");
    });

// The scales of the published dynamic int8 file mix the rows of a run, so each row runs alone.
TEST(Int8FileTest, ATextAloneAndAmongOthersIsBitEqual) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  VETOR_SKIP_WITHOUT(testing::FetchedModel("all-MiniLM-L6-v2-int8") / "model.onnx");
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = testing::FetchedModel("all-MiniLM-L6-v2-int8").string();
  const auto service = EmbeddingsService::Open(config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  EXPECT_EQ((*service)->active_precision(), "int8");
  std::vector<std::string> texts;
  for (int i = 0; i < 32; ++i) texts.push_back("Grande Prêmio " + std::to_string(i));
  const auto together = (*service)->Embed(texts);
  ASSERT_TRUE(together.ok());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = (*service)->Embed({texts[i]});
    EXPECT_TRUE(std::ranges::equal(alone->row(0), together->row(i))) << texts[i];
  }
}

}  // namespace
}  // namespace vetor
