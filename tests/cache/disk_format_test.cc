// Tests what stands on disk: records of any size, what is known of their texts, their vector space,
// and the checksum over all of it.
#include "cache/disk_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "cache/cache_fixture.h"
#include "cache/cache_folder.h"
#include "cache/disk_writer.h"

namespace vetor {
namespace {

class DiskFormatTest : public CacheFixture {
 protected:
  std::filesystem::path Database() const { return options_.dir / "vectors-2.db"; }
  void RunSql(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(Database().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    sqlite3_close(database);
  }
  void Use(const std::string& fingerprint, int64_t first, int64_t last) {
    options_.space = {.fingerprint = fingerprint,
                      .model_id = "model of " + fingerprint,
                      .runtime = "onnxruntime 1.28.0",
                      .precision = "fp32"};
    const auto cache = Open();
    InsertRange(cache.get(), first, last);
  }
  std::vector<StoredSpace> Spaces() {
    const auto stats = ReadCacheFolder(options_.dir);
    EXPECT_TRUE(stats.ok()) << stats.status().ToString();
    return stats.ok() ? stats->spaces : std::vector<StoredSpace>();
  }
};

TEST_F(DiskFormatTest, RecordsOfManySizesAreFoundAgain) {
  options_.max_bytes = 64 << 20;
  std::vector<CacheKey> keys;
  std::vector<std::vector<float>> vectors;
  std::vector<Record> records;
  for (int64_t i = 0; i < 200; ++i) {
    keys.push_back(KeyOf(i));
    vectors.push_back(VectorOf(i, 0, static_cast<size_t>(i * i)));
  }
  for (int64_t i = 0; i < 200; ++i) {
    records.push_back(RecordOf(i, vectors[static_cast<size_t>(i)]));
  }
  Open()->Insert(keys, records);
  RecordList found;
  const auto cache = Open();
  cache->Find(keys, &found);
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(found.tier(i), 1) << "disk alone";
    EXPECT_EQ(found[i].info.tokens, records[i].info.tokens);
    EXPECT_EQ(found[i].info.truncated, records[i].info.truncated);
    EXPECT_TRUE(std::equal(found[i].payload.begin(), found[i].payload.end(),
                           records[i].payload.begin(), records[i].payload.end()));
  }
}

// Small and large records come in turn. The bound holds, and a large record evicts no more than it
// needs.
TEST_F(DiskFormatTest, ManySizesStayWithinTheBytes) {
  options_.max_bytes = 2 << 20;
  const auto cache = Open();
  int64_t most = 0;
  for (int64_t i = 0; i < 3000; ++i) {
    const std::vector<float> vector = VectorOf(i, 0, i % 7 == 0 ? 10'000 : 50);
    cache->Insert(std::vector<CacheKey>{KeyOf(i)}, std::vector<Record>{RecordOf(i, vector)});
    if (i % 50 != 49) continue;
    cache->Flush();
    int64_t bytes = 0;
    for (const char* name : {"vectors-2.db", "vectors-2.db-wal"}) {
      bytes += static_cast<int64_t>(std::filesystem::file_size(options_.dir / name));
    }
    most = std::max(most, bytes);
  }
  EXPECT_LE(most, options_.max_bytes);
  EXPECT_GT(most, options_.max_bytes / 2);
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 0U);
}

TEST_F(DiskFormatTest, ARecordThatWouldFillTheDatabaseIsDropped) {
  options_.max_bytes = 1 << 20;
  const auto cache = Open();
  InsertRange(cache.get(), 0, 10);
  const std::vector<float> vector = VectorOf(20, 0, 50'000);
  cache->Insert(std::vector<CacheKey>{KeyOf(20)}, std::vector<Record>{RecordOf(20, vector)});
  cache->Flush();
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 1U);
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
}

// Row 26: the checksum covers what is served, and also what decides whether it is served.
TEST_F(DiskFormatTest, Row26TheChecksumCoversInfosStampAndSpace) {
  Use("a", 0, 20);
  std::ifstream file(Database(), std::ios::binary);
  const std::string sound(std::istreambuf_iterator<char>(file), {});
  const std::vector<float> vector = VectorOf(7);
  const size_t payload =
      sound.find(std::string(reinterpret_cast<const char*>(vector.data()), kTestDim * 4));
  ASSERT_NE(payload, std::string::npos);
  // The 16 bytes before the payload are checksum, token count and flags.
  for (size_t bit = 0; bit < kStoredHeadBytes * 8; ++bit) {
    std::string damaged = sound;
    char& byte = damaged[payload - kStoredHeadBytes + bit / 8];
    byte = static_cast<char>(byte ^ (1 << bit % 8));
    std::ofstream(Database(), std::ios::binary) << damaged;
    const auto check = CheckCacheFolder(options_.dir, [](int64_t) {});
    ASSERT_TRUE(check.ok()) << check.status().ToString();
    EXPECT_EQ(check->damaged, 1) << "bit " << bit;
  }
  std::ofstream(Database(), std::ios::binary) << sound;
  RunSql("UPDATE e SET t=t+1 WHERE id=3");
  RunSql("UPDATE e SET s=s+1 WHERE id=5");
  const auto cache = Open();
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 18);
  EXPECT_EQ(cache->counters().Total().checksum_misses, 2U);
}

TEST_F(DiskFormatTest, EachSpaceHasARowWithItsUses) {
  Use("a", 0, 10);
  now_ += 86400;
  Use("b", 100, 105);
  std::vector<StoredSpace> spaces = Spaces();
  ASSERT_EQ(spaces.size(), 2U);
  EXPECT_EQ(spaces[0].space.fingerprint, "b") << "the latest use first";
  EXPECT_EQ(spaces[0].space.model_id, "model of b");
  EXPECT_EQ(spaces[0].space.runtime, "onnxruntime 1.28.0");
  EXPECT_EQ(spaces[0].space.precision, "fp32");
  EXPECT_EQ(spaces[0].entries, 5);
  EXPECT_EQ(spaces[0].first_use, now_);
  EXPECT_EQ(spaces[1].entries, 10);
  EXPECT_EQ(spaces[1].first_use, now_ - 86400);
  EXPECT_EQ(spaces[1].last_use, now_ - 86400);
  // Opening a cache is a use, which is noted at most once per hour.
  now_ += 3599;
  Use("b", 0, 0);
  EXPECT_EQ(Spaces()[0].last_use, now_ - 3599);
  now_ += 1;
  Use("b", 0, 0);
  Use("a", 0, 0);
  spaces = Spaces();
  ASSERT_EQ(spaces.size(), 2U);
  for (const StoredSpace& space : spaces) EXPECT_EQ(space.last_use, now_);
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries_of_no_space, 0);
}

// The difference to such times does not fit a number.
TEST_F(DiskFormatTest, Row26ADamagedTimeOfUseIsWrittenAnew) {
  for (const char* last : {"-9223372036854775808", "9223372036854775807"}) {
    Use("a", 0, 10);
    RunSql(std::string("UPDATE s SET last_use=") + last);
    Use("a", 0, 10);
    ASSERT_EQ(Spaces().size(), 1U);
    EXPECT_EQ(Spaces()[0].last_use, now_) << last;
    EXPECT_EQ(Spaces()[0].entries, 10);
  }
}

TEST_F(DiskFormatTest, ASpaceWithoutStoredVectorsHasNoRow) {
  Use("a", 0, 0);
  EXPECT_TRUE(Spaces().empty());
}

TEST_F(DiskFormatTest, SpacesWithoutEntriesLeaveWithPrune) {
  Use("a", 0, 10);
  now_ += 5 * 86400;
  Use("b", 10, 15);
  now_ += 3 * 86400;
  ASSERT_EQ(PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_)->expired, 10);
  ASSERT_EQ(Spaces().size(), 1U);
  EXPECT_EQ(Spaces()[0].space.fingerprint, "b");
}

// After a thousand settings were tried, the table is bounded, and what is stored is served all the
// same.
TEST_F(DiskFormatTest, TheTableOfSpacesIsBounded) {
  Use("a", 0, 10);
  RunSql(
      "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r WHERE i<1500) INSERT INTO "
      "s(fingerprint, model, runtime, precision, first_use, last_use) SELECT 'x' || i, '', '', '', "
      "1, 1 FROM r");
  RunSql("UPDATE s SET last_use=0 WHERE fingerprint='a'");
  Use("b", 10, 11);
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->spaces.size(), 1000U);
  EXPECT_EQ(stats->entries_of_no_space, 10);
  EXPECT_EQ(CountFound(Open().get(), 0, 11), 11);
}

// Spaces in use are not forgotten.
TEST_F(DiskFormatTest, TheLeastRecentlyUsedSpacesAreForgotten) {
  Use("a", 0, 10);
  RunSql(
      "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r WHERE i<1500) INSERT INTO "
      "s(fingerprint, model, runtime, precision, first_use, last_use) SELECT 'x' || i, '', '', '', "
      "1, i FROM r");
  Use("b", 10, 11);
  const std::vector<StoredSpace> spaces = Spaces();
  ASSERT_EQ(spaces.size(), 1000U);
  EXPECT_EQ(spaces[0].entries + spaces[1].entries, 11);
  EXPECT_EQ(spaces[2].space.fingerprint, "x1500");
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries_of_no_space, 0);
}

// Guards against two rows of one key, the older of which was served as expired for ever.
TEST_F(DiskFormatTest, AKeyOfAForgottenSpaceIsWrittenInItsPlace) {
  Use("a", 0, 10);
  RunSql("INSERT INTO s VALUES(7, 'other', '', '', '', 1, 1)");
  RunSql("DELETE FROM s WHERE fingerprint='a'");
  now_ += 6 * 86400;
  Use("a", 0, 10);
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 10);
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries_of_no_space, 0);
  now_ += 2 * 86400;
  const auto cache = Open();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
  EXPECT_EQ(cache->counters().Total().expired, 0U);
}

// Guards against a sound cache that was put aside: if earlier builds left two rows of one key, a
// touch gave both the same number.
TEST_F(DiskFormatTest, SeveralRowsOfOneKeyAreUsedAndMended) {
  options_.max_bytes = DiskWriter::kMinBytes;
  Use("a", 0, 500);
  Use("b", 500, 1000);
  // The oldest rows once more, under another space. They are right too, as their checksums say.
  const std::vector<float> vector = VectorOf(5);
  std::vector<uint8_t> stored;
  EncodeStored({.key = KeyOf(5), .stamp = now_ - 60, .space = 2}, RecordOf(5, vector), &stored);
  {
    auto connection = SqliteConnection::Open(Database(), {.access = SqliteAccess::kWrite});
    ASSERT_TRUE(connection.ok());
    auto row = connection->Prepare("INSERT INTO e(id, k, s, t, v) VALUES(0, ?1, 2, ?2, ?3)");
    ASSERT_TRUE(row.ok());
    const CacheKey key = KeyOf(5);
    row->BindBlob(1, key.bytes);
    row->BindInt(2, now_ - 60);
    row->BindBlob(3, stored);
    ASSERT_EQ(row->Run(), SQLITE_OK);
  }
  ASSERT_EQ(ReadCacheFolder(options_.dir)->entries, 1001);
  {
    const auto cache = Open();
    for (int use = 0; use < 3; ++use) {
      EXPECT_EQ(FindOne(cache.get(), 5), "disk");
      cache->Flush();
    }
    EXPECT_EQ(cache->state(), "disk");
  }
  EXPECT_EQ(warnings_, 0);
  EXPECT_FALSE(std::filesystem::exists(options_.dir / "vectors-2.db.damaged.1"));
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 1001);
  {
    const auto cache = Open();
    InsertOne(cache.get(), 5, 1);
    cache->Flush();
    EXPECT_EQ(FindOne(cache.get(), 5, 1), "disk") << "the new one";
  }
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 1000);
}

// Counting the entries of each space must not read the records.
TEST_F(DiskFormatTest, TheIndexKnowsTheSpaces) {
  Use("a", 0, 10);
  auto connection = SqliteConnection::Open(Database(), {});
  ASSERT_TRUE(connection.ok());
  auto plan = connection->Prepare("EXPLAIN QUERY PLAN SELECT s FROM e");
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->Step(), SQLITE_ROW);
  EXPECT_THAT(plan->Text(3), ::testing::HasSubstr("COVERING INDEX"));
}

}  // namespace
}  // namespace vetor
