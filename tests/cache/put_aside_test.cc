// A sound database is never put aside, and a damaged one never replaces a file that was put aside
// before.
#include "cache/put_aside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <system_error>
#include <thread>

#include "cache/cache_fixture.h"
#include "cache/cache_folder.h"
#include "cache/disk_reader.h"
#include "cache/reader_pool.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class PutAsideTest : public CacheFixture {
 protected:
  void Put(const std::string& name, const std::string& bytes) {
    fs::create_directories(options_.dir);
    std::ofstream(options_.dir / name, std::ios::binary) << bytes;
  }
  std::string Get(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  std::vector<int64_t> Numbers() {
    std::vector<int64_t> numbers;
    for (const auto& aside : ListPutAside(DiskPaths(options_.dir))) numbers.push_back(aside.number);
    return numbers;
  }
};

TEST_F(PutAsideTest, EarlierEvidenceIsKeptAndTheOldestOfFourLeaves) {
  // Earlier versions gave theirs no number; it counts as the oldest.
  Put("vectors-2.db.damaged", "from long ago");
  Put("vectors-2.db.damaged-wal", "its log");
  Put("vectors-2.db.damaged.txt", "notes of the user");
  for (int64_t i = 1; i <= 6; ++i) {
    const std::string bytes = std::string(5000, 'x') + std::to_string(i);
    Put("vectors-2.db", bytes);
    Put("vectors-2.db-wal", "log " + std::to_string(i));
    const auto aside = PutAside(DiskPaths(options_.dir));
    ASSERT_TRUE(aside.ok()) << aside.status().ToString();
    EXPECT_EQ(*aside, options_.dir / ("vectors-2.db.damaged." + std::to_string(i)));
    EXPECT_EQ(Get(*aside), bytes);
    EXPECT_EQ(Get(aside->string() + "-wal"), "log " + std::to_string(i));
    EXPECT_EQ(fs::exists(options_.dir / "vectors-2.db.damaged"), i < 4);
  }
  EXPECT_THAT(Numbers(), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(Get(options_.dir / "vectors-2.db.damaged.txt"), "notes of the user");
  EXPECT_GT(fs::file_size(options_.dir / "vectors-2.db.damaged.3"), 5000U);
}

TEST_F(PutAsideTest, EachDamageOfARunningCacheIsKept) {
  for (int i = 1; i <= 3; ++i) {
    Put("vectors-2.db", std::string(5000, static_cast<char>('a' + i)));
    warnings_ = 0;
    const auto cache = Open();
    EXPECT_EQ(cache->state(), "disk");
    EXPECT_EQ(warnings_, 1);
    InsertRange(cache.get(), 0, 10);
    cache->Flush();
    EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
  }
  EXPECT_THAT(Numbers(), ElementsAre(1, 2, 3));
  EXPECT_EQ(Get(options_.dir / "vectors-2.db.damaged.1"), std::string(5000, 'b'));
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok());
  EXPECT_GE(stats->damaged_bytes, 15'000);
  ASSERT_TRUE(ClearCacheFolder(options_.dir).ok());
  EXPECT_THAT(Numbers(), IsEmpty());
}

// If a reader came after the file was made and before its tables were, it took the new database for
// a damaged one.
TEST_F(PutAsideTest, ADatabaseInTheMakingIsNotDamaged) {
  Put("vectors-2.db", "");
  const DiskPaths paths(options_.dir);
  EXPECT_EQ(DiskReader::Open(paths, ReaderFolder::kWritable).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(DiskReader::Open(paths, ReaderFolder::kMaybeReadOnly).status().code(),
            StatusCode::kUnavailable);
}

TEST_F(PutAsideTest, ASuspendedPoolStaysSoUntilTheLastResume) {
  Open().reset();
  ReaderPool pool(DiskPaths(options_.dir), ReaderFolder::kWritable, environment_.steady_now,
                  [](const Status&) {});
  {
    const SuspendedReaders outer(&pool);
    { const SuspendedReaders inner(&pool); }
    EXPECT_EQ(pool.Acquire(), nullptr);
  }
  EXPECT_NE(pool.Acquire(), nullptr);
}

// Eight readers look on while the folder is deleted again and again. One of them put every new
// database aside, over the one before.
TEST_F(PutAsideTest, AFreshDatabaseIsNeverPutAside) {
  environment_ = CacheEnvironment::Real();
  environment_.keep_free_bytes = 0;
  const auto cache = Open();
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int64_t r = 0; r < 4; ++r) {
    readers.emplace_back([&, r] {
      for (int64_t i = 0; !stop; ++i) FindOne(cache.get(), 1'000'000 * r + i % 100);
    });
  }
  for (int64_t round = 0; round < 40; ++round) {
    // If a reader makes a file meanwhile, the test tries again.
    std::error_code error;
    do {
      fs::remove_all(options_.dir, error);
    } while (error);
    InsertOne(cache.get(), round);
    cache->Flush();
    EXPECT_THAT(Numbers(), IsEmpty()) << "round " << round;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

// The folder was replaced by another process's, so its database is not ours to put aside.
TEST_F(PutAsideTest, TheDatabaseOfAnotherProcessIsNotPutAside) {
  const auto first = Open();
  InsertRange(first.get(), 0, 10);
  first->Flush();
  fs::rename(options_.dir, root_ / "moved");
  const auto second = Open();
  ASSERT_EQ(second->state(), "disk");
  InsertRange(second.get(), 100, 110);
  second->Flush();
  // The first cache meets damage in the files that it still holds open.
  std::fstream file(root_ / "moved" / "vectors-2.db", std::ios::in | std::ios::out);
  file << std::string(200, 'x');
  file.close();
  CountFound(first.get(), 0, 10);
  first->Flush();
  CountFound(first.get(), 0, 10);
  first->Flush();
  EXPECT_THAT(Numbers(), IsEmpty());
  EXPECT_EQ(CountFound(second.get(), 100, 110), 10);
}

}  // namespace
}  // namespace vetor
