#include "cli/commands/run_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/cli/folder_fixture.h"

namespace vetor::cli {
namespace {

std::string PlaceOf(size_t index) { return "bad.txt:" + std::to_string(index + 1); }

std::string Named(const Status& status) { return NameTextByPlace(status, PlaceOf).message(); }

// Users of a command know lines and flags, not text numbers and settings.
TEST(RunErrorsTest, ATextIsNamedByFileAndLineAndASettingByItsFlag) {
  EXPECT_EQ(Named(InvalidArgumentError("text 100 has 602 tokens, the maximum is 512; shorten it, "
                                       "or set on_long to \"truncate\" or \"window\"")),
            "bad.txt:101: the text has 602 tokens, the maximum is 512; shorten it, or pass "
            "--on-long truncate or --on-long window");
  EXPECT_EQ(Named(InternalError("text 7: the model gave NaN")), "bad.txt:8: the model gave NaN");
  EXPECT_EQ(Named(InternalError("text of no number")), "text of no number");
  EXPECT_EQ(Named(InternalError("text 7")), "text 7");
  EXPECT_EQ(Named(InternalError("text 99999999999999999999: x")), "text 99999999999999999999: x");
}

// The text that met the damage is not at fault.
TEST(RunErrorsTest, AModelThatWasWrittenIntoNamesNoText) {
  const Status status = NameTextByPlace(
      DataLossError("text 4989: m/model.onnx was written into while it was in use; open it again, "
                    "and replace files by renaming instead"),
      PlaceOf);
  EXPECT_EQ(ExplainEnd(status, {.done = 4096, .cache_folder = "c", .output = "-"}).message(),
            "m/model.onnx was written into while it was in use; run the command again, and replace "
            "files by renaming instead; finished vectors are in c");
  EXPECT_EQ(
      ExplainEnd(DataLossError("the model's files were written into; open it again"), {}).message(),
      "the model's files were written into; run the command again");
  EXPECT_EQ(ExplainEnd(DataLossError("other"), {.done = 1, .cache_folder = "c"}).message(),
            "other");
  EXPECT_EQ(ExplainEnd(InternalError("other"), {}).code(), StatusCode::kInternal);
}

class InterruptedTest : public FolderFixture {};

// The message "the caller cancelled the call" did not say what was kept and where the next run
// begins.
TEST_F(InterruptedTest, SaysHowFarItWasWhatIsKeptAndWhatIsNot) {
  const Status stopped = CancelledError("the caller cancelled the call");
  const std::string output = Path("a.npy");
  EXPECT_EQ(
      ExplainEnd(stopped, {.done = 364, .total = 6000, .cache_folder = "cache", .output = output})
          .message(),
      "interrupted after 364 of 6,000 texts; their vectors are in cache, and the same "
      "command continues from there; " +
          output + " was not written");
  std::ofstream(output) << "old";
  EXPECT_EQ(ExplainEnd(stopped, {.done = 1, .output = output}).message(),
            "interrupted after 1 text; " + output + " is as it was");
  EXPECT_EQ(ExplainEnd(stopped, {.total = 9, .cache_folder = "cache", .output = "-"}).message(),
            "interrupted before the first text; nothing went to standard output");
  EXPECT_EQ(ExplainEnd(stopped, {.done = 2, .output = "-"}).message(),
            "interrupted after 2 texts; the results on standard output are not whole");
  EXPECT_EQ(ExplainEnd(CancelledError("interrupted while reading standard input"),
                       {.done = 8192, .output = "/dev/null"})
                .message(),
            "interrupted while reading standard input, after 8,192 texts; the results in /dev/null "
            "are not whole");
}

}  // namespace
}  // namespace vetor::cli
