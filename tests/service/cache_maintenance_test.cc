// Uses the public functions on a cache folder (vetor/cache.h) as a program does beside services.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "vetor/cache.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::SizeIs;

class CacheMaintenanceTest : public ::testing::Test {
 protected:
  // Stores three vectors of hashing. The service is closed afterwards, so that all of them are on
  // disk.
  void Fill() {
    EmbeddingsConfig config;
    config.backend = BackendKind::kHashing;
    config.cache.dir = folder_.path().string();
    const auto service = EmbeddingsService::Open(config);
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    ASSERT_TRUE((*service)->Embed({"Monza", "Spa", "Suzuka"}).ok());
  }

  TemporaryFolder folder_;
};

TEST_F(CacheMaintenanceTest, StatsNameTheVectorSpacesOfServices) {
  Fill();
  const auto stats = ReadCacheStats(folder_.path());
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_EQ(stats->entries, 3);
  ASSERT_THAT(stats->spaces, SizeIs(1));
  EXPECT_EQ(stats->spaces[0].model_id, "hashing-256");
  EXPECT_THAT(stats->spaces[0].fingerprint, SizeIs(64));
  EXPECT_EQ(stats->spaces[0].entries, 3);
  EXPECT_GT(stats->spaces[0].first_use, 0);
  EXPECT_EQ(stats->old_bytes, 0);
}

// The message began with an empty name: " holds no cache".
TEST_F(CacheMaintenanceTest, ACacheInMemoryAloneHasNoFolder) {
  CacheConfig config;
  config.dir = "";
  const auto dir = LocateCache(config).dir;
  for (const Status& status : {ReadCacheStats(dir).status(), VerifyCache(dir).status(),
                               PruneCache(dir).status(), ClearCache(dir).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
    EXPECT_EQ(status.message(),
              "no cache folder is named, so the cache is in memory alone; expected the folder of a "
              "cache on disk (set ai.cache.dir)");
  }
}

TEST_F(CacheMaintenanceTest, WithoutAProgressFunctionAllIsVerified) {
  Fill();
  const auto check = VerifyCache(folder_.path());
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_TRUE(check->sound());
  EXPECT_EQ(check->entries, 3);
}

TEST_F(CacheMaintenanceTest, PruningKeepsWhatIsYoungAndFits) {
  Fill();
  auto pruned = PruneCache(folder_.path());
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  EXPECT_EQ(pruned->expired + pruned->evicted + pruned->damaged, 0);
  EXPECT_EQ(ReadCacheStats(folder_.path())->entries, 3);
}

TEST_F(CacheMaintenanceTest, ClearingDeletesVectorsAndCompiledTokenizersAndNothingElse) {
  Fill();
  folder_.Write("tokenizers/one.vtok", "x");
  folder_.Write("native/one.verdict", "x");
  folder_.Write("mine.txt", "y");
  EXPECT_EQ(CountCompiledTokenizers(folder_.path()).files, 1);
  const auto cleared = ClearCache(folder_.path());
  ASSERT_TRUE(cleared.ok()) << cleared.status().ToString();
  EXPECT_GE(cleared->files, 2);
  EXPECT_EQ(ReadCacheStats(folder_.path()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(CountCompiledTokenizers(folder_.path()).files, 0);
  EXPECT_FALSE(fs::exists(folder_ / "native"));
  EXPECT_TRUE(fs::exists(folder_ / "mine.txt"));
}

// Compiled tokenizers or verdicts without vectors are a cache too. Guards against "holds no cache"
// for a folder in which models were opened and no text was embedded.
TEST_F(CacheMaintenanceTest, AFolderWithoutVectorsIsReadPrunedAndCleared) {
  EXPECT_EQ(ClearCache(folder_.path()).status().code(), StatusCode::kNotFound);
  for (const char* name : {"tokenizers/one.vtok", "native/one.verdict"}) {
    SCOPED_TRACE(name);
    folder_.Write(name, "xyz");
    const auto stats = ReadCacheStats(folder_.path());
    ASSERT_TRUE(stats.ok()) << stats.status().ToString();
    EXPECT_EQ(stats->entries, 0);
    EXPECT_EQ(
        CountCompiledTokenizers(folder_.path()).bytes + CountNativeVerdicts(folder_.path()).bytes,
        3);
    const auto check = VerifyCache(folder_.path());
    ASSERT_TRUE(check.ok()) << check.status().ToString();
    EXPECT_TRUE(check->sound());
    const auto cleared = ClearCache(folder_.path());
    ASSERT_TRUE(cleared.ok()) << cleared.status().ToString();
    EXPECT_EQ(cleared->files, 1);
    EXPECT_EQ(cleared->bytes, 3);
    EXPECT_TRUE(fs::is_empty(folder_.path()));
  }
  folder_.Write("native/one.verdict", "a damaged one");
  const auto pruned = PruneCache(folder_.path());
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  EXPECT_EQ(pruned->verdicts, 1);
  EXPECT_EQ(CountNativeVerdicts(folder_.path()).files, 0);
}

TEST_F(CacheMaintenanceTest, ANamedFolderIsWhereTheCacheLies) {
  CacheConfig config;
  config.dir = (folder_ / "none yet").string();
  EXPECT_EQ(LocateCache(config).dir, folder_ / "none yet");
  EXPECT_FALSE(fs::exists(folder_ / "none yet"));
  config.dir = "";
  EXPECT_TRUE(LocateCache(config).dir.empty());
}

}  // namespace
}  // namespace vetor
