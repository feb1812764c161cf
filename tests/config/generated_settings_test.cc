// The settings page and the settings of the Python package are those of the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "os/file.h"
#include "tools/settings/settings_text.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

TEST(GeneratedSettingsTest, EachFileSaysWhatTheTableSays) {
  for (const GeneratedText& generated : GeneratedTexts()) {
    const auto content = ReadFile(std::string(VETOR_SOURCE_DIR) + "/" + generated.file);
    ASSERT_TRUE(content.ok()) << content.status().ToString();
    const auto expected = WithGenerated(generated, *content);
    ASSERT_TRUE(expected.ok()) << expected.status().ToString();
    EXPECT_TRUE(*content == *expected) << generated.file << " is out of date: run `make settings`";
  }
}

TEST(GeneratedSettingsTest, EverySettingIsOnThePageAndInPython) {
  for (const GeneratedText& generated : GeneratedTexts()) {
    for (const Setting& setting : SettingsTable()) {
      EXPECT_THAT(generated.text, HasSubstr(setting.python())) << generated.file;
    }
  }
}

TEST(GeneratedSettingsTest, OnlyThePartBetweenTheLinesChanges) {
  const GeneratedText part{"f", "# begin", "# end", "new\n"};
  EXPECT_EQ(*WithGenerated(part, "a\n  # begin\nold\n  # end\nb\n"),
            "a\n  # begin\nnew\n  # end\nb\n");
  EXPECT_EQ(WithGenerated(part, "a\n# begin\n").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace vetor
