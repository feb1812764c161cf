#include "cli/output/progress.h"

#include <gtest/gtest.h>

#include "base/counted.h"

namespace vetor::cli {
namespace {

TEST(ProgressTest, NumbersHaveThousands) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(12345678), "12,345,678");
}

// The line said "1 texts".
TEST(ProgressTest, OneIsSingular) {
  EXPECT_EQ(Counted(0, "text"), "0 texts");
  EXPECT_EQ(Counted(1, "text"), "1 text");
  EXPECT_EQ(Counted(1000, "text"), "1,000 texts");
  EXPECT_EQ(FormatProgressLine({1, 0.5, 1}), "1 text, 50%, 1/s, 0:01 left");
  EXPECT_EQ(FormatProgressBar({1, std::nullopt, 1}), "1 text  1/s");
  EXPECT_EQ(FormatProgressLine({1, std::nullopt, 1, "kB"}), "1 kB, 1/s");
}

TEST(ProgressTest, DurationsAreShort) {
  EXPECT_EQ(FormatDuration(7.9), "0:07");
  EXPECT_EQ(FormatDuration(750), "12:30");
  EXPECT_EQ(FormatDuration(3 * 3600 + 5 * 60), "3:05:00");
  EXPECT_EQ(FormatDuration(-1), "0:00");
}

TEST(ProgressTest, ALineSaysRateAndTimeLeft) {
  EXPECT_EQ(FormatProgressLine({12345, 0.25, 30}), "12,345 texts, 25%, 411/s, 1:30 left");
  EXPECT_EQ(FormatProgressLine({12345, std::nullopt, 30}), "12,345 texts, 411/s");
}

TEST(ProgressTest, ABarGrowsWithTheWork) {
  EXPECT_EQ(FormatProgressBar({50, 0.5, 10}),
            "[############............] 50%  50 texts  5/s  0:10 left");
  EXPECT_EQ(FormatProgressBar({100, 1.0, 10}),
            "[########################] 100%  100 texts  10/s  0:00 left");
  EXPECT_EQ(FormatProgressBar({0, 0.0, 0}), "[........................]  0%  0 texts  0/s");
  EXPECT_EQ(FormatProgressBar({50, std::nullopt, 10}), "50 texts  5/s");
}

TEST(ProgressTest, QuietShowsNothing) {
  EXPECT_EQ(Progress::ChooseForm(true), Progress::Form::kNone);
}

}  // namespace
}  // namespace vetor::cli
