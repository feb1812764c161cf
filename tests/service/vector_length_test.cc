// Which length vectors have, by what a model's folder and the settings say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/log.h"
#include "tests/service/open_services.h"
#include "tests/support/each_runtime.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::Embed;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Open;

std::vector<std::string>* warnings = nullptr;

class VectorLengthTest : public testing::OnEachRuntime {
 protected:
  void SetUp() override {
    OnEachRuntime::SetUp();
    warnings = &warnings_;
    SetLogSink([](LogLevel level, std::string_view message) {
      if (level == LogLevel::kWarning) warnings->emplace_back(message);
    });
  }
  void TearDown() override { SetLogSink(nullptr); }

  // tiny-bert without its Normalize and without its prompts.
  EmbeddingsConfig Model() {
    folder_.CopyModel("tiny-bert", "m");
    std::filesystem::remove(folder_ / "m/config_sentence_transformers.json");
    folder_.Write("m/modules.json",
                  R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
                  R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}])");
    EmbeddingsConfig config = TinyConfig();
    config.model.path = (folder_ / "m").string();
    return config;
  }

  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};
VETOR_ON_EACH_RUNTIME(VectorLengthTest);

// Scaled to length 1 without a word, such a model ranked by another measure than its own.
TEST_P(VectorLengthTest, AModelThatComparesByDotProductKeepsItsLengths) {
  EmbeddingsConfig config = Model();
  const auto unit = Embed(config, {"hello world"});
  EXPECT_THAT(warnings_, IsEmpty());
  for (const char* by : {"dot", "euclidean", "manhattan"}) {
    warnings_.clear();
    folder_.Write("m/config_sentence_transformers.json",
                  std::string(R"({"similarity_fn_name":")") + by + "\"}");
    const auto service = Open(config);
    EXPECT_FALSE(service->normalized());
    EXPECT_THAT(warnings_,
                ElementsAre(AllOf(HasSubstr(std::string("compares by ") + by),
                                  HasSubstr("keep their length"), HasSubstr("ai.normalize"))));
    const auto raw = service->Embed({"hello world"});
    double square = 0;
    for (const float value : raw->values) square += static_cast<double>(value) * value;
    EXPECT_GT(std::abs(std::sqrt(square) - 1), 0.1);
    for (size_t i = 0; i < unit.dim; ++i) {
      EXPECT_NEAR(raw->values[i] / std::sqrt(square), unit.values[i], 1e-6);
    }
  }
  warnings_.clear();
  config.normalize = true;
  EXPECT_EQ(Embed(config, {"hello world"}).values, unit.values);
  config.normalize = false;
  EXPECT_FALSE(Open(config)->normalized());
  EXPECT_THAT(warnings_, IsEmpty());  // Who says it need not be told.
}

TEST_P(VectorLengthTest, OtherModelsAreScaledUnlessTheSettingSaysOtherwise) {
  EmbeddingsConfig config = Model();
  folder_.Write("m/config_sentence_transformers.json", R"({"similarity_fn_name":"cosine"})");
  EXPECT_TRUE(Open(config)->normalized());
  folder_.Write("m/modules.json", R"([{"path":"","type":"a.Transformer"},)"
                                  R"({"path":"1_Pooling","type":"a.Pooling"},)"
                                  R"({"path":"2_Normalize","type":"a.Normalize"}])");
  folder_.Write("m/config_sentence_transformers.json", R"({"similarity_fn_name":"dot"})");
  EXPECT_TRUE(Open(config)->normalized());
  config.normalize = false;
  EXPECT_FALSE(Open(config)->normalized());
  EXPECT_TRUE((*EmbeddingsService::Open({}))->normalized());  // Hashing.
}

}  // namespace
}  // namespace vetor
