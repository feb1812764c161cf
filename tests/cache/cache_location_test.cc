// Tests where a cache lies if no folder is named, whom the folder must belong to, and who may read
// it.
#include "cache/cache_location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "cache/cache_fixture.h"
#include "tests/support/scoped_variable.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;
using testing::ScopedVariable;

fs::path FolderFor(const std::map<std::string, std::string>& variables) {
  return DefaultCacheFolder([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(DefaultCacheFolder, IsTheUsersAndNeverRelative) {
  EXPECT_EQ(FolderFor({{"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}}), "/x/vetor");
  EXPECT_EQ(FolderFor({{"HOME", "/h"}}), "/h/.cache/vetor");
  // The specification of these variables says that a relative path is ignored.
  EXPECT_EQ(FolderFor({{"XDG_CACHE_HOME", "x"}, {"HOME", "/h"}}), "/h/.cache/vetor");
  EXPECT_EQ(FolderFor({{"XDG_CACHE_HOME", "x"}, {"HOME", "h"}}), "");
  EXPECT_EQ(FolderFor({}), "");
}

class CacheLocationTest : public CacheFixture {
 protected:
  static unsigned ModeOf(const fs::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0U;
  }
  void ExpectFileModes(unsigned mode) {
    const auto cache = Open();
    ASSERT_EQ(cache->state(), "disk");
    InsertRange(cache.get(), 0, 10);
    cache->Flush();
    EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
    for (const char* name :
         {"vectors-2.db", "vectors-2.db-wal", "vectors-2.db-shm", "vectors-2.lock"}) {
      EXPECT_EQ(ModeOf(options_.dir / name), mode) << name;
    }
  }
};

TEST_F(CacheLocationTest, AnUnsetFolderIsMadeForItsUserAlone) {
  const ScopedVariable caches("XDG_CACHE_HOME", (root_ / "a" / "b").string());
  EXPECT_EQ(LocateCache(std::nullopt, false).dir, root_ / "a/b/vetor");
  EXPECT_FALSE(fs::exists(root_ / "a")) << "looking makes nothing";
  const CacheLocation location = LocateCache(std::nullopt, true);
  EXPECT_EQ(location.dir, root_ / "a/b/vetor");
  EXPECT_EQ(location.why, "");
  for (const char* made : {"a", "a/b", "a/b/vetor"}) EXPECT_EQ(ModeOf(root_ / made), 0700U) << made;
}

TEST_F(CacheLocationTest, ANamedFolderIsTakenAsItIs) {
  EXPECT_EQ(LocateCache("cache/embeddings", true).dir, "cache/embeddings");
  EXPECT_FALSE(fs::exists("cache/embeddings")) << "made by the cache that uses it";
  EXPECT_EQ(LocateCache("", true).dir, "");
  EXPECT_EQ(LocateCache("", true).why, "") << "asked for";
}

TEST_F(CacheLocationTest, WithoutAHomeNothingIsOnDisk) {
  const ScopedVariable caches("XDG_CACHE_HOME", "relative");
  const ScopedVariable home("HOME", "");
  const CacheLocation location = LocateCache(std::nullopt, true);
  EXPECT_EQ(location.dir, "");
  EXPECT_THAT(location.why, HasSubstr("neither XDG_CACHE_HOME nor HOME"));
}

TEST_F(CacheLocationTest, ADefaultFolderOfAnotherUserIsNotUsedANamedOneIs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  fs::create_directories(root_ / "vetor");
  ASSERT_EQ(::chown((root_ / "vetor").c_str(), 12345, 12345), 0);
  const ScopedVariable caches("XDG_CACHE_HOME", root_.string());
  const CacheLocation location = LocateCache(std::nullopt, true);
  EXPECT_EQ(location.dir, "");
  EXPECT_THAT(location.why, HasSubstr("belongs to user 12345, expected 0"));
  EXPECT_EQ(LocateCache((root_ / "vetor").string(), true).dir, root_ / "vetor");
}

// Vectors can be turned back into text, and other users of the machine could read them all.
TEST_F(CacheLocationTest, WhatACacheMakesIsForItsUserAlone) {
  ExpectFileModes(0600);
  EXPECT_EQ(ModeOf(options_.dir), 0700U);
}

TEST_F(CacheLocationTest, AFolderThatIsThereKeepsItsModeAndNewFilesFollowIt) {
  for (const auto& [folder, file] : {std::pair{0755U, 0644U}, {0770U, 0660U}, {0700U, 0600U}}) {
    fs::remove_all(options_.dir);
    fs::create_directories(options_.dir);
    ASSERT_EQ(::chmod(options_.dir.c_str(), folder), 0);
    ExpectFileModes(file);
    EXPECT_EQ(ModeOf(options_.dir), folder);
  }
}

}  // namespace
}  // namespace vetor
