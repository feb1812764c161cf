#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"
#include "tests/support/test_paths.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

class ExportCommandTest : public FolderFixture {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }
  const std::string kTiny = testing::TestData("model/tiny-bert").string();
};

TEST_F(ExportCommandTest, SaysWhatItMadeAndWhere) {
  const auto result = RunVetor({"export", kTiny, "--output", Path("out"), "--quantize", "--fp16"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, Path("out") + "\n");
  for (const char* file : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) {
    EXPECT_THAT(result.err, HasSubstr(file));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / file));
  }
  const auto used = RunVetor(
      {"embed", "--model", Path("out"), "--precision", "int8", "--format", "jsonl"}, "monaco\n");
  EXPECT_EQ(used.exit_code, 0) << used.err;
  EXPECT_THAT(used.err, HasSubstr("int8"));
}

TEST_F(ExportCommandTest, FiguresGoToStats) {
  const auto result = RunVetor({"export", kTiny, "--output", Path("out"), "--opset", "17",
                                "--quiet", "--stats", Path("stats.json")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(ReadBytes(Path("stats.json")), HasSubstr("\"opset\":17"));
}

TEST_F(ExportCommandTest, ErrorsHaveTheRightExitCode) {
  EXPECT_EQ(RunVetor({"export", kTiny}).exit_code, 2);
  const auto opset = RunVetor({"export", kTiny, "--output", Path("out"), "--opset", "7"});
  EXPECT_EQ(opset.exit_code, 2);
  EXPECT_THAT(opset.err, HasSubstr("expected 12 to 23"));
  const auto nothing = RunVetor({"export", kTiny, "--output", Path("out"), "--no-fp32"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("--quantize"));
  const auto missing = RunVetor({"export", Path("nowhere"), "--output", Path("out")});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

TEST_F(ExportCommandTest, AFolderThatExistsIsReplacedByItsFlag) {
  std::filesystem::create_directories(Path("out/full"));
  const auto result = RunVetor({"export", kTiny, "--output", Path("out")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              HasSubstr("exists already; name another folder, or have this one replaced "
                        "(--overwrite)"));
}

}  // namespace
}  // namespace vetor::cli
