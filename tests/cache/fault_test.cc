// Tests the cache's rows of docs/faults.md: 16 (kill), 26 (damage), 27 (two processes), 28
// (read-only), 29 (disk full), 30 (clock), 34 (fork). Row 31 (another model) is in
// cache_key_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "cache/cache_fixture.h"
#include "cache/cache_folder.h"
#include "cache/child_process.h"
#include "cache/scoped_mount.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FaultTest : public CacheFixture {
 protected:
  std::filesystem::path Database() const { return options_.dir / "vectors-2.db"; }

  void ExpectSound() {
    const auto check = CheckCacheFolder(options_.dir, [](int64_t) {});
    ASSERT_TRUE(check.ok()) << check.status().ToString();
    EXPECT_EQ(check->integrity, "ok");
    EXPECT_EQ(check->damaged, 0);
  }

  // The bytes of a sound database of `count` entries, without a log beside it.
  std::string MakeDatabase(int64_t count) {
    {
      const auto cache = Open();
      InsertRange(cache.get(), 0, count);
    }
    EXPECT_FALSE(std::filesystem::exists(options_.dir / "vectors-2.db-wal"));
    std::ifstream file(Database(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void WriteDatabase(const std::string& bytes) {
    std::filesystem::remove_all(options_.dir);
    std::filesystem::create_directories(options_.dir);
    std::ofstream(Database(), std::ios::binary) << bytes;
  }
};

TEST_F(FaultTest, Row16AWriterKilledTwentyTimesLeavesASoundCache) {
  environment_.wall_seconds = CacheEnvironment::Real().wall_seconds;
  std::mt19937_64 random(16);
  int64_t written = 0;
  for (int round = 0; round < 20; ++round) {
    {
      ChildProcess child(
          {VETOR_CACHE_WRITER_PROCESS, options_.dir.string(), "forever", std::to_string(written)});
      const uint64_t lines = 1 + random() % 12;
      std::string line;
      for (uint64_t i = 0; i < lines; ++i) line = child.ReadLine();
      child.Kill();
      // The commits that the process reported before it died, even if nobody has read them yet.
      for (std::string more = line; !more.empty(); more = child.ReadLine()) {
        written = std::max<int64_t>(written, std::atoll(more.c_str()));
      }
      ASSERT_EQ(child.Wait(), -1) << line;
    }
    ASSERT_GT(written, 0);
    const auto cache = Open();
    ASSERT_EQ(cache->state(), "disk");
    ASSERT_EQ(CountFound(cache.get(), 0, written), written) << "committed before the kill";
  }
  ExpectSound();
  EXPECT_EQ(warnings_, 0);
}

TEST_F(FaultTest, Row26OneFlippedBitNeverGivesAWrongVector) {
  constexpr int64_t kEntries = 300;
  const std::string sound = MakeDatabase(kEntries);
  std::mt19937_64 random(26);
  int64_t missed = 0;
  int64_t alone = 0;
  uint64_t checksum_misses = 0;
  // Flips some bits of the header and of the beginning of the first page, and the rest at random.
  std::vector<size_t> bits = {0, 8 * 16, 8 * 18, 8 * 28 + 5, 8 * 60, 8 * 100, 8 * 103, 8 * 105};
  for (int i = 0; i < 60; ++i) bits.push_back(random() % (sound.size() * 8));
  for (const size_t bit : bits) {
    std::string damaged = sound;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    WriteDatabase(damaged);
    const auto cache = Open();
    // It takes three looks: the damage is met, it is put aside or removed, and the cache works
    // again.
    for (int look = 0; look < 3; ++look) {
      missed += kEntries - CountFound(cache.get(), 0, kEntries);
      cache->Flush();
    }
    InsertRange(cache.get(), kEntries, kEntries + 10);
    cache->Flush();
    InsertRange(cache.get(), 0, 10);
    cache->Flush();
    // If version or tables read otherwise, the database may be another program's, so it is left
    // alone.
    const bool left_alone = cache->state().find("is left alone") != std::string::npos;
    EXPECT_EQ(CountFound(cache.get(), 0, 10), left_alone ? 0 : 10) << "bit " << bit;
    alone += left_alone ? 1 : 0;
    checksum_misses += cache->counters().Total().checksum_misses;
  }
  EXPECT_GT(missed, 0);
  EXPECT_LE(alone, 3) << "only flips of the version and of the tables' text";
  EXPECT_GT(checksum_misses, 10U) << "most flips are in vectors, where only our checksum sees them";
}

TEST_F(FaultTest, Row26ADamagedEntryIsMissedOnceRemovedAndStoredAnew) {
  std::string bytes = MakeDatabase(20);
  const std::vector<float> vector = VectorOf(7);
  const std::string payload(reinterpret_cast<const char*>(vector.data()), kTestDim * sizeof(float));
  const size_t place = bytes.find(payload);
  ASSERT_NE(place, std::string::npos);
  bytes[place + 100] = static_cast<char>(bytes[place + 100] ^ 4);
  WriteDatabase(bytes);
  const auto cache = Open();
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 19);
  cache->Flush();
  EXPECT_EQ(cache->counters().Total().checksum_misses, 1U);
  EXPECT_EQ(FindOne(cache.get(), 7), "");
  EXPECT_EQ(cache->counters().Total().checksum_misses, 1U) << "removed, not met again";
  InsertOne(cache.get(), 7);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 20);
  ExpectSound();
}

TEST_F(FaultTest, Row26ADatabaseCutAtTwelveLengthsWorksAgain) {
  const std::string sound = MakeDatabase(300);
  for (size_t part = 0; part < 12; ++part) {
    const size_t length = part == 0 ? 0 : part == 1 ? 50 : sound.size() * part / 12 + part;
    WriteDatabase(sound.substr(0, length));
    const auto cache = Open();
    CountFound(cache.get(), 0, 300);
    cache->Flush();
    InsertRange(cache.get(), 0, 50);
    cache->Flush();
    InsertRange(cache.get(), 0, 50);
    cache->Flush();
    EXPECT_EQ(CountFound(cache.get(), 0, 50), 50) << "length " << length;
  }
}

TEST_F(FaultTest, Row26AFileThatIsNotADatabaseIsPutAsideAndTheCacheBeginsEmpty) {
  const std::string bytes(5000, 'x');
  WriteDatabase(bytes);
  const auto cache = Open();
  EXPECT_EQ(cache->state(), "disk");
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 0);
  EXPECT_EQ(std::filesystem::file_size(options_.dir / "vectors-2.db.damaged.1"), bytes.size());
  InsertRange(cache.get(), 0, 20);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 20);
  EXPECT_EQ(warnings_, 1);
}

// Another version's database and one whose number was damaged cannot be told apart, so both are
// left alone (foreign_database_test.cc has the other programs).
TEST_F(FaultTest, Row26AnotherVersionIsLeftAloneInMemoryOnly) {
  std::string bytes = MakeDatabase(20);
  bytes[63] = 99;  // This is user_version, see https://www.sqlite.org/fileformat.html section 1.3.
  WriteDatabase(bytes);
  options_.memory_bytes = 1 << 20;
  const auto cache = Open();
  EXPECT_THAT(cache->state(), StartsWith("memory only: "));
  EXPECT_THAT(cache->state(), HasSubstr("has format 99, expected 2"));
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 0);
  std::ifstream file(Database(), std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), bytes);
}

TEST_F(FaultTest, Row27ASecondProcessReadsAndTakesOverWhenReopened) {
  environment_.wall_seconds = CacheEnvironment::Real().wall_seconds;
  ChildProcess first({VETOR_CACHE_WRITER_PROCESS, options_.dir.string(), "100", "0"});
  ASSERT_EQ(first.ReadLine(), "ready");
  {
    const auto cache = Open();
    EXPECT_THAT(cache->state(), StartsWith("disk, read-only: "));
    EXPECT_THAT(cache->state(), HasSubstr("locked by another process"));
    EXPECT_EQ(warnings_, 1);
    EXPECT_EQ(CountFound(cache.get(), 0, 100), 100);
    InsertRange(cache.get(), 100, 110);
    cache->Flush();
    EXPECT_EQ(CountFound(cache.get(), 100, 110), 0);
    EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 10U);
    first.CloseInput();
    EXPECT_EQ(first.Wait(), 0);
    EXPECT_EQ(CountFound(cache.get(), 0, 100), 100) << "after the writer's end";
  }
  const auto cache = Open();
  EXPECT_EQ(cache->state(), "disk");
  InsertRange(cache.get(), 100, 110);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 110), 110);
  ExpectSound();
}

TEST_F(FaultTest, Row27ASecondCacheOfTheSameProcessReads) {
  const auto first = Open();
  const auto second = Open();
  InsertRange(first.get(), 0, 50);
  first->Flush();
  EXPECT_EQ(CountFound(second.get(), 0, 50), 50);
  EXPECT_THAT(second->state(), StartsWith("disk, read-only: "));
}

TEST_F(FaultTest, Row28AReadOnlyFolderIsReadOrLeft) {
  if (const std::string why = WhyNoMounts(); !why.empty()) GTEST_SKIP() << why;
  MakeDatabase(100);
  const std::filesystem::path writable = options_.dir;
  options_.dir = root_ / "read-only";
  const ScopedMount mount = ScopedMount::ReadOnly(writable, options_.dir);
  if (!mount.ok()) GTEST_SKIP() << "cannot mount read-only";
  {
    const auto cache = Open();
    EXPECT_THAT(cache->state(), StartsWith("disk, read-only: "));
    EXPECT_EQ(warnings_, 1);
    EXPECT_EQ(CountFound(cache.get(), 0, 100), 100);
    InsertRange(cache.get(), 100, 110);
    cache->Flush();
    EXPECT_EQ(CountFound(cache.get(), 100, 110), 0);
  }
  {
    // A writer is at work, seen through a read-only mount. Its log is read too.
    VectorCacheOptions options = options_;
    options.dir = writable;
    const auto writer = OpenVectorCache(options, environment_);
    InsertRange(writer.get(), 200, 210);
    writer->Flush();
    const auto cache = Open();
    EXPECT_EQ(CountFound(cache.get(), 200, 210), 10);
  }
  {
    // The folder was opened as one that nobody changes, and then a writer begins. What it writes is
    // found, and no old record is read from pages that no longer exist.
    const auto cache = Open();
    EXPECT_EQ(CountFound(cache.get(), 0, 100), 100);
    VectorCacheOptions options = options_;
    options.dir = writable;
    options.max_bytes = 1 << 20;
    for (int64_t round = 0; round < 3; ++round) {
      const auto writer = OpenVectorCache(options, environment_);
      InsertRange(writer.get(), 300 + 100 * round, 400 + 100 * round);
      writer->Flush();
      EXPECT_EQ(CountFound(cache.get(), 300, 400 + 100 * round), 100 + 100 * round) << "beside it";
    }
    EXPECT_EQ(CountFound(cache.get(), 0, 600), 410) << "after its end";
  }
  // If an empty folder cannot be written, there is nothing to read in it.
  std::filesystem::remove_all(writable);
  std::filesystem::create_directories(root_ / "empty");
  options_.dir = root_ / "empty-read-only";
  const ScopedMount empty = ScopedMount::ReadOnly(root_ / "empty", options_.dir);
  options_.memory_bytes = 1 << 20;
  const auto cache = Open();
  EXPECT_THAT(cache->state(), StartsWith("memory only: "));
  EXPECT_THAT(cache->state(), HasSubstr("Read-only file system"));
}

TEST_F(FaultTest, Row29AFullDiskStopsWritesNotReadsAndRecovers) {
  if (const std::string why = WhyNoMounts(); !why.empty()) GTEST_SKIP() << why;
  const ScopedMount mount = ScopedMount::Tmpfs(options_.dir, 4 << 20);
  if (!mount.ok()) GTEST_SKIP() << "cannot mount a memory file system";
  environment_.free_bytes = [](const std::filesystem::path&) -> Result<uint64_t> {
    return uint64_t{1} << 40;  // This makes writing go on until the system refuses.
  };
  const auto cache = Open();
  InsertRange(cache.get(), 0, 100);
  cache->Flush();
  {
    std::ofstream filler(options_.dir / "filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), 4096).flush()) {
    }
  }
  for (int64_t i = 1000; i < 8000; i += 1000) {
    InsertRange(cache.get(), i, i + 1000);
    cache->Flush();
  }
  EXPECT_THAT(cache->state(), HasSubstr("not written for now"));
  const uint64_t dropped = cache->counters().Of("disk").dropped_writes;
  EXPECT_GT(dropped, 1000U);
  EXPECT_EQ(warnings_, 1) << "one warning for one trouble";
  EXPECT_EQ(CountFound(cache.get(), 0, 100), 100) << "reads go on";
  EXPECT_EQ(CountFound(cache.get(), 1000, 8000), 7000 - static_cast<int64_t>(dropped));

  std::filesystem::remove(options_.dir / "filler");
  InsertRange(cache.get(), 8000, 8010);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 8000, 8010), 0) << "not yet: it waits before it tries again";
  steady_ += 60;
  InsertRange(cache.get(), 8000, 8010);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 8000, 8010), 10);
  EXPECT_EQ(cache->state(), "disk");
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, dropped + 10);
  ExpectSound();
}

TEST_F(FaultTest, Row29AMarginOfTheVolumeIsLeftFree) {
  environment_.keep_free_bytes = 64 << 20;
  const auto cache = Open();
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  free_bytes_ = (64 << 20) - 1;
  InsertRange(cache.get(), 10, 20);
  cache->Flush();
  EXPECT_THAT(cache->state(), HasSubstr("has 63 MiB left, expected at least 64 MiB"));
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 10);
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 10U);
  free_bytes_ = 64 << 20;
  steady_ += 1;
  InsertRange(cache.get(), 10, 20);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 20);
  EXPECT_EQ(cache->state(), "disk");
}

TEST_F(FaultTest, Row30AVectorIsGoodForItsTimeToLive) {
  options_.ttl_days = 2;
  const int64_t start = now_;
  const auto cache = Open();
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  now_ = start + 2 * 86400 - 1;
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
  now_ = start + 2 * 86400;
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 0);
  EXPECT_EQ(cache->counters().Of("disk").expired, 10U);
  InsertRange(cache.get(), 0, 5);  // They are computed anew, so they are young again.
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 5);
}

TEST_F(FaultTest, Row30AClockThatWentBackMakesAMiss) {
  const int64_t start = now_;
  const auto cache = Open();
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  // This is within the tolerance, because the clocks of two machines differ by so much.
  now_ = start - 200;
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
  now_ = start - 86400;
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 0);
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10) << "replaced by one with today's stamp";
}

TEST_F(FaultTest, Row30TimeToLiveZeroLeavesTheDiskAlone) {
  MakeDatabase(10);
  options_.memory_bytes = 1 << 20;
  for (const double ttl_days : {0.0, -1.0}) {
    options_.ttl_days = ttl_days;
    const auto cache = Open();
    EXPECT_EQ(cache->state(), "memory only: ttl_days is 0");
    EXPECT_EQ(CountFound(cache.get(), 0, 10), 0);
    InsertRange(cache.get(), 20, 30);
    EXPECT_EQ(CountFound(cache.get(), 20, 30), 10);
  }
  options_.ttl_days = 7;
  options_.memory_bytes = 0;
  const auto cache = Open();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
  EXPECT_EQ(CountFound(cache.get(), 20, 30), 0);
}

TEST_F(FaultTest, Row30ExpiredEntriesLeaveTheDisk) {
  MakeDatabase(1000);
  now_ += 8 * 86400;
  const auto cache = Open();
  // Sweeps run between batches.
  for (int round = 0; round < 50; ++round) cache->Flush();
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->entries, 0);
}

TEST_F(FaultTest, Row34AForkedChildFindsNothingAndHarmsNothing) {
  options_.memory_bytes = 1 << 20;
  auto cache = Open();
  InsertRange(cache.get(), 0, 100);
  cache->Flush();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool nothing = CountFound(cache.get(), 0, 100) == 0;
    InsertRange(cache.get(), 200, 210);
    cache->Flush();
    const bool said = cache->state() == "off: this process was forked from one with an open cache";
    const bool warned = warnings_ == 1;
    cache.reset();
    ::_exit(nothing && said && warned ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);

  EXPECT_EQ(CountFound(cache.get(), 0, 100), 100);
  InsertRange(cache.get(), 100, 200);
  cache->Flush();
  EXPECT_EQ(Open()->state(),
            "memory and disk, read-only: " + (options_.dir / "vectors-2.lock").string() +
                " is locked by another process or service")
      << "the child's end did not free the lock";
  cache.reset();
  cache = Open();
  EXPECT_EQ(cache->state(), "memory and disk");
  EXPECT_EQ(CountFound(cache.get(), 0, 300), 200);
  ExpectSound();
}

}  // namespace
}  // namespace vetor
