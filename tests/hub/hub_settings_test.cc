#include "hub/hub_settings.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

HubSettings Read(const std::map<std::string, std::string>& variables) {
  return ReadHubSettings([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(HubSettingsTest, TheCacheIsWhereThePythonPackagesHaveIt) {
  EXPECT_EQ(Read({{"HOME", "/h"}}).cache, "/h/.cache/huggingface/hub");
  EXPECT_EQ(Read({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/x"}}).cache, "/x/huggingface/hub");
  EXPECT_EQ(Read({{"XDG_CACHE_HOME", "/x"}, {"HF_HOME", "/f"}}).cache, "/f/hub");
  EXPECT_EQ(Read({{"HOME", "/h"}, {"HF_HOME", "~/f"}}).cache, "/h/f/hub");
  EXPECT_EQ(Read({{"HF_HOME", "/f"}, {"HUGGINGFACE_HUB_CACHE", "/o"}}).cache, "/o");
  EXPECT_EQ(Read({{"HUGGINGFACE_HUB_CACHE", "/o"}, {"HF_HUB_CACHE", "/n"}}).cache, "/n");
  EXPECT_EQ(Read({}).cache, "");
}

TEST(HubSettingsTest, TokensComeFromTheEnvironmentThenFromFiles) {
  const TemporaryFolder folder;
  folder.Write("token", "from_home\n");
  const std::string other = folder.Write("other", " from_path \n").string();
  const std::string home = folder.path().string();
  EXPECT_EQ(Read({{"HF_HOME", home}}).token, "from_home");
  EXPECT_EQ(Read({{"HF_HOME", home}, {"HF_TOKEN_PATH", other}}).token, "from_path");
  EXPECT_EQ(Read({{"HF_HOME", home}, {"HF_TOKEN", "given"}}).token, "given");
  EXPECT_EQ(Read({{"HF_TOKEN", "given"}, {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}}).token, "");
  EXPECT_EQ(Read({{"HF_TOKEN", "a\r\nhost: b"}}).token, "");
}

TEST(HubSettingsTest, SwitchesAndTimeoutsAreRead) {
  for (const char* yes : {"1", "on", "Yes", "TRUE"})
    EXPECT_TRUE(Read({{"HF_HUB_OFFLINE", yes}}).offline);
  for (const char* no : {"0", "off", "2"}) EXPECT_FALSE(Read({{"HF_HUB_OFFLINE", no}}).offline);
  EXPECT_TRUE(Read({{"TRANSFORMERS_OFFLINE", "1"}}).offline);
  EXPECT_TRUE(Read({}).links);
  EXPECT_FALSE(Read({{"HF_HUB_DISABLE_SYMLINKS", "1"}}).links);
  EXPECT_EQ(Read({{"HF_HUB_ETAG_TIMEOUT", "3"}}).metadata_timeout.count(), 3);
  // A user who sets it waits as long with a copy, too.
  EXPECT_EQ(Read({}).connect_with_copy.count(), 3);
  EXPECT_EQ(Read({}).answer_with_copy.count(), 5);
  EXPECT_EQ(Read({{"HF_HUB_ETAG_TIMEOUT", "20"}}).connect_with_copy.count(), 20);
  EXPECT_EQ(Read({{"HF_HUB_ETAG_TIMEOUT", "20"}}).answer_with_copy.count(), 20);
  EXPECT_EQ(Read({{"HF_HUB_DOWNLOAD_TIMEOUT", "-1"}}).download_timeout.count(), 10);
  EXPECT_EQ(Read({{"HF_HUB_DOWNLOAD_TIMEOUT", "7s"}}).download_timeout.count(), 10);
  EXPECT_EQ(Read({{"HF_ENDPOINT", "http://mirror/"}}).endpoint, "http://mirror");
  EXPECT_EQ(Read({}).endpoint, kDefaultHubEndpoint);
}

}  // namespace
}  // namespace vetor
