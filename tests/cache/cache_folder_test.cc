#include "cache/cache_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cache/cache_fixture.h"
#include "cache/sqlite_connection.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class CacheFolderTest : public CacheFixture {
 protected:
  void Fill(int64_t first, int64_t last) {
    const auto cache = Open();
    InsertRange(cache.get(), first, last);
  }
  Result<CacheFolderCheck> Check() const {
    return CheckCacheFolder(options_.dir, [](int64_t) {});
  }
};

TEST_F(CacheFolderTest, StatsAndCheckBesideAWriter) {
  const auto cache = Open();
  InsertRange(cache.get(), 0, 700);
  cache->Flush();
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_EQ(stats->entries, 700);
  EXPECT_GT(stats->log_bytes + stats->database_bytes, 700 * 400);
  EXPECT_EQ(stats->damaged_bytes, 0);
  const auto check = Check();
  ASSERT_TRUE(check.ok());
  EXPECT_TRUE(check->sound());
  EXPECT_EQ(check->entries, 700);
  EXPECT_THAT(check->entries_by_bytes, ElementsAre(Pair(kTestDim * sizeof(float), 700)));
  for (const Status& status :
       {ClearCacheFolder(options_.dir).status(), PruneCacheFolder(options_.dir, {}, 0).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("stop it first"));
  }
  EXPECT_EQ(CountFound(cache.get(), 0, 700), 700);
}

TEST_F(CacheFolderTest, CheckCountsDamagedEntriesAndPruneRemovesThem) {
  Fill(0, 50);
  std::fstream file(options_.dir / "vectors-2.db", std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const std::vector<float> vector = VectorOf(7);
  const size_t place =
      bytes.find(std::string(reinterpret_cast<const char*>(vector.data()), kTestDim * 4));
  ASSERT_NE(place, std::string::npos);
  file.seekp(static_cast<std::streamoff>(place));
  file.put(static_cast<char>(bytes[place] ^ 1));
  file.close();

  const auto damaged = Check();
  ASSERT_TRUE(damaged.ok());
  EXPECT_EQ(damaged->damaged, 1);
  EXPECT_FALSE(damaged->sound());
  const auto pruned = PruneCacheFolder(options_.dir, {}, now_);
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  EXPECT_EQ(pruned->damaged, 1);
  EXPECT_EQ(pruned->expired, 0);
  EXPECT_TRUE(Check()->sound());
  EXPECT_EQ(Check()->entries, 49);
}

TEST_F(CacheFolderTest, PruneRemovesWhatIsOldAndWhatIsTooMuchAndGivesSpaceBack) {
  options_.ttl_days = 1000;
  Fill(0, 3000);
  now_ += 10 * 86400;
  Fill(3000, 12'000);
  const auto before = ReadCacheFolder(options_.dir);
  const auto pruned = PruneCacheFolder(options_.dir, {.ttl_days = 30, .max_bytes = 2 << 20}, now_);
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  EXPECT_EQ(pruned->expired, 0);
  EXPECT_GT(pruned->evicted, 3000);
  const auto between = ReadCacheFolder(options_.dir);
  EXPECT_EQ(between->entries, 12'000 - pruned->evicted);
  EXPECT_LT(between->database_bytes, 2 << 20);
  EXPECT_LT(between->database_bytes, before->database_bytes / 2);
  EXPECT_EQ(between->unused_bytes, 0);
  now_ += 7 * 86400;
  const auto all = PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->expired, between->entries);
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 0);
}

TEST_F(CacheFolderTest, ClearDeletesTheCachesFilesAndNothingElse) {
  Fill(0, 10);
  std::ofstream(options_.dir / "notes.txt") << "mine";
  std::ofstream(options_.dir / "vectors-2.db.damaged") << "x";
  const auto cleared = ClearCacheFolder(options_.dir);
  ASSERT_TRUE(cleared.ok()) << cleared.status().ToString();
  EXPECT_GE(cleared->files, 2);
  EXPECT_GT(cleared->bytes, 10 * 400);
  EXPECT_FALSE(std::filesystem::exists(options_.dir / "vectors-2.db"));
  EXPECT_FALSE(std::filesystem::exists(options_.dir / "vectors-2.db.damaged"));
  EXPECT_TRUE(std::filesystem::exists(options_.dir / "notes.txt"));
  EXPECT_EQ(ClearCacheFolder(options_.dir).status().code(), StatusCode::kNotFound)
      << "what is clear";
}

// Guards against spaces shown as empty: the first thousand numbers of entries took all places, and
// some belonged to no space.
TEST_F(CacheFolderTest, EntriesOfForgottenSpacesTakeNoPlaces) {
  Fill(0, 1);
  options_.space = {.fingerprint = "kept", .model_id = "m", .runtime = "", .precision = "fp32"};
  {
    auto connection =
        SqliteConnection::Open(options_.dir / "vectors-2.db", {.access = SqliteAccess::kWrite});
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE(connection
                    ->Execute("WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r WHERE "
                              "i<1500) INSERT INTO e(k, s, t, v) SELECT zeroblob(15) || "
                              "CAST(char(i) AS BLOB), i, 1, x'00' FROM r")
                    .ok());
    ASSERT_TRUE(
        connection->Execute("INSERT INTO s VALUES(1499, 'last', 'm', '', 'fp32', 1, 1)").ok());
  }
  Fill(10, 15);
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_EQ(stats->entries, 1506);
  ASSERT_EQ(stats->spaces.size(), 2U);
  EXPECT_EQ(stats->spaces[0].space.fingerprint, "kept");
  EXPECT_EQ(stats->spaces[0].number, 1500);
  EXPECT_EQ(stats->spaces[0].entries, 6) << "the row of that number, too";
  EXPECT_EQ(stats->spaces[1].entries, 1);
  EXPECT_EQ(stats->entries_of_no_space, 1499);
}

// A writer that is killed as it begins leaves such a file.
TEST_F(CacheFolderTest, AnEmptyDatabaseIsACacheWithoutEntries) {
  std::filesystem::create_directories(options_.dir);
  std::ofstream(options_.dir / "vectors-2.db").flush();
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_EQ(stats->entries, 0);
  ASSERT_TRUE(Check().ok()) << Check().status().ToString();
  EXPECT_TRUE(Check()->sound());
  const auto pruned = PruneCacheFolder(options_.dir, {}, now_);
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  Fill(0, 10);
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 10);
}

TEST_F(CacheFolderTest, AFolderWithoutACacheIsNotFound) {
  EXPECT_EQ(ReadCacheFolder(root_).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(CheckCacheFolder(root_, [](int64_t) {}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(PruneCacheFolder(root_, {}, 0).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ClearCacheFolder(root_ / "absent").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ClearCacheFolder(root_).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(root_)) << "looking leaves no files";
}

}  // namespace
}  // namespace vetor
