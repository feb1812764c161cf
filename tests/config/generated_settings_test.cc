// The settings page and the settings of the Python package match the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "os/file.h"
#include "tools/settings/settings_text.h"
#include "vetor/embeddings_service.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
    // These two files are made from other lists.
    if (generated.file.ends_with("_metrics.py") || generated.file.ends_with("_checks.py")) continue;
    for (const Setting& setting : SettingsTable()) {
      EXPECT_THAT(generated.text, HasSubstr(setting.python())) << generated.file;
    }
  }
}

// A server's settings are the command's alone.
TEST(GeneratedSettingsTest, ServerSettingsAreOnThePageAndNotInPython) {
  for (const GeneratedText& generated : GeneratedTexts()) {
    for (const ServerSetting& setting : ServerSettingsTable()) {
      if (generated.file == "docs/settings.md") {
        EXPECT_THAT(generated.text, HasSubstr("### `" + std::string(setting.key) + "`\n"));
        EXPECT_THAT(generated.text, HasSubstr("Flag `" + setting.flag() + "`, variable `" +
                                              setting.environment() + "`.\n"));
      } else {
        EXPECT_THAT(generated.text, Not(HasSubstr("    " + setting.python() + ": ")));
      }
    }
  }
}

std::string TextOf(const std::string& file) {
  for (const GeneratedText& generated : GeneratedTexts()) {
    if (generated.file == file) return generated.text;
  }
  return "";
}

// Python typed the levels of the cache as list[float], because the generator used that type for
// every metric that it did not know. Such a metric does not compile now.
TEST(GeneratedSettingsTest, EachMetricHasItsTypeInPython) {
  const std::string metrics = TextOf("python/vetor/_metrics.py");
  EXPECT_THAT(metrics, HasSubstr("    cache_tiers: list[CacheTierMetrics]\n"));
  EXPECT_THAT(metrics, HasSubstr("    batch_latencies_ms: list[float]\n"));
  EXPECT_THAT(metrics, HasSubstr("    dropped_writes: int\n"));
}

// Options were repeated by hand in the extension, in its types and in its checks.
TEST(GeneratedSettingsTest, EachOptionOfACallIsInPythonsTypesAndChecks) {
  const std::string types = TextOf("python/vetor/_native.pyi");
  const std::string checks = TextOf("python/vetor/_checks.py");
  ForEachEmbedOption([&](const std::string& name, auto) {
    if (name == "stop") return;   // In Python this is Ctrl-C.
    if (name == "admit") return;  // For servers.
    const std::string python = name == "deadline" ? "timeout" : name;
    EXPECT_THAT(types, HasSubstr("    " + python + ": "));
    if (name == "progress") return;  // It is checked together with show_progress.
    EXPECT_THAT(checks, HasSubstr("    \"" + python + "\": "));
  });
}

TEST(GeneratedSettingsTest, OnlyThePartBetweenTheLinesChanges) {
  const GeneratedText part{"f", "# begin", "# end", "new\n"};
  EXPECT_EQ(*WithGenerated(part, "a\n  # begin\nold\n  # end\nb\n"),
            "a\n  # begin\nnew\n  # end\nb\n");
  EXPECT_EQ(WithGenerated(part, "a\n# begin\n").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace vetor
