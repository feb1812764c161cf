#include "backend/onnx/runtime_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

TEST(RuntimeLibraryTest, AMissingLibrarySaysWhereItLookedAndWhatToDo) {
  const auto runtime = LoadRuntime("/no/such/libonnxruntime.so");
  ASSERT_FALSE(runtime.ok());
  EXPECT_EQ(runtime.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(runtime.status().message(),
              AllOf(HasSubstr("/no/such/libonnxruntime.so"), HasSubstr("pip install onnxruntime"),
                    HasSubstr("VETOR_ONNXRUNTIME"), HasSubstr("ai.onnx.library_path")));
  // A program has no flags; the command adds its own.
  EXPECT_THAT(runtime.status().message(), Not(HasSubstr("--library-path")));
}

TEST(RuntimeLibraryTest, ALibraryThatIsNotARuntimeIsRefused) {
  const auto runtime = LoadRuntime("libm.so.6");
  ASSERT_FALSE(runtime.ok());
  EXPECT_THAT(runtime.status().message(), HasSubstr("OrtGetApiBase"));
}

TEST(RuntimeLibraryTest, AFolderGivesItsNewestLibraryAndNoProviderLibraries) {
  const TemporaryFolder folder;
  for (const char* name : {"libonnxruntime.so.1.26.0", "libonnxruntime.so.1.28.0",
                           "libonnxruntime_providers_shared.so", "other.so"}) {
    folder.Write(name, "");
  }
  EXPECT_THAT(RuntimeCandidates(folder.path().string()),
              ElementsAre((folder / "libonnxruntime.so.1.28.0").string(),
                          (folder / "libonnxruntime.so.1.26.0").string()));
}

TEST(RuntimeLibraryTest, TelemetryIsOffBeforeTheFirstEnvAndTheLibraryIsReported) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto runtime = LoadRuntime(testing::TestRuntime());
  ASSERT_TRUE(runtime.ok()) << runtime.status().ToString();
  EXPECT_STREQ(std::getenv("ORT_DISABLE_TELEMETRY"), "1");
  EXPECT_THAT(runtime->version, HasSubstr("1."));
  EXPECT_THAT(runtime->providers, ::testing::Contains("CPUExecutionProvider"));
  // A second, different library in one process would share nothing with the first.
  const auto second = LoadRuntime("libm.so.6");
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), HasSubstr("one library per process"));
}

}  // namespace
}  // namespace vetor
