#include "cli/settings_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "temporary_folder.h"

namespace vetor::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SettingsFlagsTest : public TemporaryFolder {
 protected:
  void TearDown() override {
    ::unsetenv("VETOR_AI_BATCH_SIZE");
    TemporaryFolder::TearDown();
  }

  static Result<EmbeddingsConfig> Resolve(std::vector<std::string> arguments) {
    CLI::App app;
    SettingsFlags flags;
    flags.AddTo(&app);
    std::reverse(arguments.begin(), arguments.end());  // As CLI11 wants a vector.
    app.parse(arguments);
    return flags.Resolve();
  }
};

TEST_F(SettingsFlagsTest, NothingGivenIsTheDefault) {
  const auto config = Resolve({});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->backend, "hashing");
  EXPECT_TRUE(config->cache.enabled);
  EXPECT_FALSE(config->dim.has_value());
}

TEST_F(SettingsFlagsTest, EverySettingHasAFlag) {
  CLI::App app;
  SettingsFlags flags;
  flags.AddTo(&app);
  for (const Setting& setting : SettingsTable()) {
    EXPECT_NE(app.get_option_no_throw(setting.flag()), nullptr) << setting.key;
  }
}

TEST_F(SettingsFlagsTest, FlagOverEnvironmentOverFile) {
  const std::string file =
      WriteFile("config.json", R"({"ai":{"batch_size":4,"dim":64,"cache":{"ttl_days":1}}})");
  EXPECT_EQ(Resolve({"--config", file})->batch_size, 4);
  ::setenv("VETOR_AI_BATCH_SIZE", "8", 1);
  EXPECT_EQ(Resolve({"--config", file})->batch_size, 8);
  const auto config = Resolve({"--config", file, "--batch-size", "16"});
  EXPECT_EQ(config->batch_size, 16);
  EXPECT_EQ(config->dim, 64);
  EXPECT_EQ(config->cache.ttl_days, 1);
}

TEST_F(SettingsFlagsTest, AnExplicitModelMeansThatModel) {
  const auto config = Resolve({"--model", "m"});
  EXPECT_EQ(config->backend, "onnx");
  EXPECT_TRUE(config->onnx.enabled);
  EXPECT_EQ(config->onnx.model_path, "m");
  EXPECT_EQ(config->fallback, "error");
  EXPECT_EQ(Resolve({"--fallback", "hashing", "--model", "m"})->fallback, "hashing");
  EXPECT_EQ(Resolve({"--model", "m", "--backend", "hashing"})->backend, "hashing");
}

TEST_F(SettingsFlagsTest, AModelOfTheFileKeepsItsFallback) {
  const std::string file = WriteFile(
      "config.json", R"({"ai":{"backend":"onnx","onnx":{"enabled":true,"model_path":"m"}}})");
  EXPECT_EQ(Resolve({"--config", file})->fallback, "hashing");
}

TEST_F(SettingsFlagsTest, ProvidersRepeatAndTakeCommas) {
  EXPECT_THAT(Resolve({"--provider", "cuda,cpu"})->onnx.providers, ElementsAre("cuda", "cpu"));
  EXPECT_THAT(Resolve({"--provider", "cuda", "--provider", "cpu"})->onnx.providers,
              ElementsAre("cuda", "cpu"));
}

TEST_F(SettingsFlagsTest, TruthsAreSetAndUnset) {
  EXPECT_FALSE(Resolve({"--no-cache"})->cache.enabled);
  EXPECT_FALSE(Resolve({"--no-normalize"})->normalize);
  EXPECT_FALSE(Resolve({"--cache-enabled=false"})->cache.enabled);
  EXPECT_TRUE(Resolve({"--no-cache", "--cache-enabled"})->cache.enabled);
}

TEST_F(SettingsFlagsTest, AWrongValueNamesTheFlag) {
  const auto config = Resolve({"--cache-ttl-days", "-1"});
  EXPECT_EQ(config.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(config.status().message(), HasSubstr("--cache-ttl-days"));
  EXPECT_THAT(Resolve({"--provider", "gpu"}).status().message(), HasSubstr("--provider"));
}

}  // namespace
}  // namespace vetor::cli
