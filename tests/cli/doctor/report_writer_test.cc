#include "cli/doctor/report_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace vetor::cli {
namespace {

TEST(ReportWriterTest, LongLinesAreWrappedUnderTheDetail) {
  const std::string text = FormatCheck(
      {"model", CheckState::kNote, std::string(60, 'a') + " " + std::string(60, 'b'), "do"});
  EXPECT_EQ(text, "note     model            " + std::string(60, 'a') + "\n" +
                      std::string(26, ' ') + std::string(60, 'b') + "\n" + std::string(26, ' ') +
                      "-> do\n");
}

TEST(ReportWriterTest, AnIndentedLineKeepsItsIndent) {
  const std::string text =
      FormatCheck({"library", CheckState::kWrong,
                   "  " + std::string(60, 'a') + " " + std::string(60, 'b'), ""});
  EXPECT_EQ(text, "WRONG    library            " + std::string(60, 'a') + "\n" +
                      std::string(28, ' ') + std::string(60, 'b') + "\n");
}

}  // namespace
}  // namespace vetor::cli
