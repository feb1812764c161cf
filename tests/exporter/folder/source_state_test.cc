// Tests which files of its source an export watches.
#include "exporter/folder/source_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

// Changes of files in folders that only modules.json or an index of weights names were not noticed.
TEST(SourceStateTest, EveryFolderThatIsReadIsWatched) {
  const TemporaryFolder source;
  source.Write("modules.json", R"([{"path":""},{"path":"parts/pooling"},{"path":7},{},8,
      {"path":"../outside"}])");
  source.Write("model.safetensors.index.json", R"({"weight_map":{"a":"shards/1.safetensors"}})");
  source.Write("parts/pooling/config.json", "{}");
  source.Write("parts/pooling/model.safetensors.index.json",
               R"({"weight_map":{"a":"deep/1.safetensors"}})");
  for (const char* name : {"config.json", "1_Dense/model.safetensors", "shards/1.safetensors",
                           "parts/pooling/config.json", "parts/pooling/deep/1.safetensors"}) {
    source.Write(name, "x");
    const SourceState state = SourceState::Read(source.path());
    EXPECT_TRUE(state.CheckUnchanged().ok());
    source.Write(name, "xx");
    const Status changed = state.CheckUnchanged();
    EXPECT_EQ(changed.code(), StatusCode::kFailedPrecondition) << name;
    EXPECT_THAT(changed.message(), HasSubstr(std::string(name) + " has changed"));
  }
}

TEST(SourceStateTest, WhatATrainingProgramWritesIsNotWatched) {
  const TemporaryFolder source;
  source.Write("modules.json", "[");
  source.Write("checkpoint-500/config.json", "x");
  source.Write("training.log", "x");
  const SourceState state = SourceState::Read(source.path());
  source.Write("checkpoint-500/config.json", "xx");
  source.Write("training.log", "xx");
  EXPECT_TRUE(state.CheckUnchanged().ok());
}

}  // namespace
}  // namespace vetor
