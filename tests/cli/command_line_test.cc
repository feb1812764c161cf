#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/help_format.h"

namespace vetor::cli {
namespace {

TEST(SuggestTest, NamesTheNearest) {
  EXPECT_EQ(Suggest("--modle", {"--input", "--model"}), "; did you mean --model?");
  EXPECT_EQ(Suggest("--x", {}), "");
}

TEST(SuggestTest, NamesNothingThatIsFarAway) {
  EXPECT_EQ(Suggest("--verbose", {"--input", "--model"}), "");
  EXPECT_EQ(Suggest("serve-all-of-them", {"serve", "search"}), "");
}

TEST(WrapTextTest, BreaksAtSpaces) {
  EXPECT_EQ(WrapText("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(WrapText("unbreakable word", 5, 1), "unbreakable\n word");
  EXPECT_EQ(WrapText("", 5, 1), "");
}

TEST(WrapTextTest, KeepsNoLineOverTheWidth) {
  const std::string text = WrapText("aa bb cc dd ee ff", 8, 0);
  EXPECT_EQ(text, "aa bb cc\ndd ee ff");
}

}  // namespace
}  // namespace vetor::cli
