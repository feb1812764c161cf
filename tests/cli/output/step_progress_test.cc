#include "cli/output/step_progress.h"

#include <gtest/gtest.h>

namespace vetor::cli {
namespace {

TEST(StepProgressTest, BarShowsTheShareAndTheStep) {
  EXPECT_EQ(FormatStepBar("writing", 0), "[........................]   0%  writing");
  EXPECT_EQ(FormatStepBar("writing", 0.5), "[############............]  50%  writing");
  EXPECT_EQ(FormatStepBar("writing", 1.2), "[########################] 100%  writing");
}

TEST(StepProgressTest, WithoutATerminalEachStepIsALineOnce) {
  ::testing::internal::CaptureStderr();
  {
    StepProgress progress("export", Progress::Form::kLines);
    progress.Update("reading", 0);
    progress.Update("reading", 0.1);
    progress.Update("writing", 0.5);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "vetor: export: reading\nvetor: export: writing\n");
}

}  // namespace
}  // namespace vetor::cli
