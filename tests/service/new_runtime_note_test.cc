#include "service/new_runtime_note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "os/log.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const VectorSpace kOwn = {"f1", "m", "native (avx2)", "fp32"};

StoredSpace Stored(const VectorSpace& space) {
  StoredSpace stored;
  stored.space = space;
  return stored;
}

TEST(NewRuntimeNoteTest, SaysWhichVectorsAreComputedAnewAndHowToKeepThem) {
  const std::vector<StoredSpace> spaces = {Stored({"f0", "m", "onnxruntime 1.28.0", "fp32"})};
  EXPECT_THAT(
      NewRuntimeNote(spaces, kOwn, /*has_graph=*/true),
      AllOf(HasSubstr("vectors of m by onnxruntime 1.28.0"), HasSubstr("computed anew once"),
            HasSubstr("set ai.onnx.runtime to \"onnxruntime\"")));
  EXPECT_THAT(NewRuntimeNote(spaces, kOwn, /*has_graph=*/false), Not(HasSubstr("ai.onnx.runtime")));
}

TEST(NewRuntimeNoteTest, IsSaidOnce) {
  const std::vector<StoredSpace> spaces = {Stored({"f0", "m", "onnxruntime 1.28.0", "fp32"}),
                                           Stored(kOwn)};
  EXPECT_EQ(NewRuntimeNote(spaces, kOwn, true), "");
}

TEST(NewRuntimeNoteTest, OtherModelsAndPrecisionsDoNotCount) {
  EXPECT_EQ(NewRuntimeNote({}, kOwn, true), "");
  EXPECT_EQ(NewRuntimeNote(std::vector{Stored({"f0", "n", "onnxruntime 1.28.0", "fp32"}),
                                       Stored({"f2", "m", "onnxruntime 1.28.0", "int8"}),
                                       Stored({"f3", "m", "native (avx512)", "fp32"})},
                           kOwn, true),
            "");
}

std::vector<std::string>& Lines() {
  static std::vector<std::string> lines;
  return lines;
}

// Guards against an upgrade after which a user's cache misses and no line says why.
TEST(NewRuntimeNoteTest, AServiceSaysItWhenItsFolderComesFromOnnxRuntime) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  TemporaryFolder folder;
  folder.CopyModel("tiny-bert", "m");
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = (folder / "m").string();
  config.cache.enabled = true;
  config.cache.dir = (folder / "cache").string();
  const std::vector<std::string> texts = {"race"};
  const auto embed = [&] {
    auto service = EmbeddingsService::Open(config);
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    ASSERT_TRUE((*service)->Embed(texts).ok());
  };
  config.model.runtime = Runtime::kOnnxRuntime;
  embed();
  config.model.runtime = Runtime::kAuto;
  for (const char* graph : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
    fs::remove(folder / "m" / graph);
  }
  Lines().clear();
  SetLogLevel(LogLevel::kInfo);
  SetLogSink([](LogLevel, std::string_view line) { Lines().emplace_back(line); });
  embed();
  const std::vector<std::string> first = Lines();
  Lines().clear();
  embed();
  SetLogSink(nullptr);
  SetLogLevel(LogLevel::kWarning);
  EXPECT_THAT(first, ::testing::Contains(HasSubstr("vectors of m by onnxruntime")));
  EXPECT_THAT(Lines(), ::testing::Each(Not(HasSubstr("by onnxruntime"))));
}

}  // namespace
}  // namespace vetor
