// Databases that are not ours, or no longer ours: of another version or program, with tables that
// never end, with pages that form a circle. They are recognised before anything is changed, nothing
// of them is served, and every function that touches them ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <stop_token>

#include "cache/cache_fixture.h"
#include "cache/cache_folder.h"
#include "cache/disk_format.h"
#include "cache/put_aside.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

std::string Slurp(const fs::path& path) {
  if (!fs::is_regular_file(path)) return {};  // A pipe has nothing to read.
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteBytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

uint32_t ReadNumber(const std::string& bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

void WriteNumber(std::string* bytes, size_t at, uint32_t number) {
  for (size_t i = 0; i < 4; ++i) (*bytes)[at + i] = static_cast<char>(number >> (24 - 8 * i));
}

// Makes the page `child` the only child of an interior page; returns false for a leaf. Layout:
// https://www.sqlite.org/fileformat.html section 1.6.
bool PointAllTo(std::string* file, uint32_t page, uint32_t child) {
  const size_t start = (page - 1) * kPageBytes;
  const auto byte = [&](size_t at) { return static_cast<uint8_t>((*file)[start + at]); };
  if (byte(0) != 0x02 && byte(0) != 0x05) return false;
  const size_t cells = static_cast<size_t>(byte(3)) << 8 | byte(4);
  for (size_t i = 0; i < cells; ++i) {
    const size_t cell = static_cast<size_t>(byte(12 + 2 * i)) << 8 | byte(13 + 2 * i);
    WriteNumber(file, start + cell, child);
  }
  WriteNumber(file, start + 8, child);
  return true;
}

class ForeignDatabaseTest : public CacheFixture {
 protected:
  fs::path Database() const { return options_.dir / "vectors-2.db"; }

  void Fill(int64_t count) {
    const auto cache = Open();
    InsertRange(cache.get(), 0, count);
  }

  // Runs SQL as another program would.
  void RunSql(const fs::path& path, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_free(error);
    sqlite3_close(database);
  }

  uint32_t RootOf(const std::string& name) {
    auto connection = SqliteConnection::Open(Database(), {});
    return static_cast<uint32_t>(
        *connection->QueryInt("SELECT rootpage FROM sqlite_schema WHERE name='" + name + "'"));
  }

  // Calls each function that reads or changes a cache folder once.
  void TouchWithEverything() {
    static_cast<void>(ReadCacheFolder(options_.dir));
    static_cast<void>(CheckCacheFolder(options_.dir, [](int64_t) {}));
    static_cast<void>(PruneCacheFolder(options_.dir, {.max_bytes = 1 << 20}, now_));
    const auto cache = Open();
    CountFound(cache.get(), 0, 50);
    InsertRange(cache.get(), 0, 50);
    cache->Flush();
    CountFound(cache.get(), 0, 50);
  }

  void ExpectLeftAlone(const std::string& why) {
    const std::string before = Slurp(Database());
    options_.memory_bytes = 1 << 20;
    for (int i = 0; i < 2; ++i) {
      warnings_ = 0;
      const auto cache = Open();
      EXPECT_THAT(cache->state(), StartsWith("memory only: "));
      EXPECT_THAT(cache->state(), HasSubstr(why));
      EXPECT_THAT(cache->state(), HasSubstr("left alone"));
      EXPECT_EQ(warnings_, 1) << "one line";
      InsertRange(cache.get(), 0, 10);
      cache->Flush();
      EXPECT_EQ(CountFound(cache.get(), 0, 10), 10) << "kept in memory";
    }
    for (const Status& status : {ReadCacheFolder(options_.dir).status(),
                                 CheckCacheFolder(options_.dir, [](int64_t) {}).status(),
                                 PruneCacheFolder(options_.dir, {}, now_).status(),
                                 ClearCacheFolder(options_.dir).status()}) {
      EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
      EXPECT_THAT(status.message(), HasSubstr(why));
    }
    EXPECT_EQ(Slurp(Database()), before) << "not a byte was changed";
    EXPECT_TRUE(ListPutAside(DiskPaths(options_.dir)).empty());
  }
};

TEST_F(ForeignDatabaseTest, AnotherVersionIsLeftAlone) {
  Fill(20);
  RunSql(Database(), "PRAGMA user_version=99");
  ExpectLeftAlone("has format 99, expected 2");
  RunSql(Database(), "PRAGMA user_version=0");
  ExpectLeftAlone("has format 0, expected 2");
  // Once the database is gone or ours again, the cache is on disk again.
  RunSql(Database(), "PRAGMA user_version=2");
  options_.memory_bytes = 0;
  const auto cache = Open();
  EXPECT_EQ(cache->state(), "disk");
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 20);
}

TEST_F(ForeignDatabaseTest, AnotherProgramsDatabaseIsLeftAlone) {
  const std::map<std::string, std::string> programs = {
      {"CREATE TABLE notes(text); PRAGMA user_version=2", "holds other tables"},
      {"CREATE TABLE e(id INTEGER PRIMARY KEY, k, s, t, v); PRAGMA user_version=2",
       "holds other tables"},
      {"PRAGMA application_id=7; PRAGMA user_version=2", "application id 7"},
      {"CREATE TABLE notes(text)", "has format 0"},
  };
  for (const auto& [sql, why] : programs) {
    fs::remove_all(options_.dir);
    fs::create_directories(options_.dir);
    RunSql(Database(), sql);
    ExpectLeftAlone(why);
  }
}

// If a letter in the text of our own table is wrong, that is damage and not another program, so the
// cache heals.
TEST_F(ForeignDatabaseTest, AWrongLetterInOurTableIsDamage) {
  Fill(20);
  std::string bytes = Slurp(Database());
  const size_t place = bytes.find("CREATE TABLE e(id INTEGER");
  ASSERT_NE(place, std::string::npos);
  bytes[place + std::string("CREATE TABLE e(id INTE").size()] ^= 0x20;
  WriteBytes(Database(), bytes);
  EXPECT_EQ(CheckCacheFolder(options_.dir, [](int64_t) {}).status().code(), StatusCode::kDataLoss);
  const auto cache = Open();
  EXPECT_EQ(cache->state(), "disk");
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(Slurp(options_.dir / "vectors-2.db.damaged.1"), bytes);
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
}

// Through a link, another program's file would have been switched to a write-ahead log.
TEST_F(ForeignDatabaseTest, ALinkIsNotFollowed) {
  fs::create_directories(options_.dir);
  RunSql(root_ / "other.db", "CREATE TABLE notes(text)");
  fs::create_symlink(root_ / "other.db", Database());
  ExpectLeftAlone("is a symbolic link");
  fs::remove(Database());
  fs::create_symlink(root_ / "none.db", Database());
  ExpectLeftAlone("is a symbolic link");
  EXPECT_FALSE(fs::exists(root_ / "none.db"));
}

// The cache would have waited for ever until somebody wrote into the pipe.
TEST_F(ForeignDatabaseTest, APipeIsLeftAlone) {
  fs::create_directories(options_.dir);
  ASSERT_EQ(::mkfifo(Database().c_str(), 0600), 0);
  ExpectLeftAlone("expected a file");
  EXPECT_TRUE(fs::is_fifo(Database()));
  EXPECT_EQ(ReadCacheFolder(options_.dir).status().code(), StatusCode::kFailedPrecondition);
}

TEST_F(ForeignDatabaseTest, AFolderMayBeALink) {
  fs::create_directories(root_ / "elsewhere");
  fs::create_directory_symlink(root_ / "elsewhere", options_.dir);
  const auto cache = Open();
  EXPECT_EQ(cache->state(), "disk");
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 10);
}

// Reading a view over an endless recursion as if it were our table never returned.
TEST_F(ForeignDatabaseTest, AnEndlessViewIsNeverRead) {
  fs::create_directories(options_.dir);
  RunSql(Database(),
         "CREATE TABLE x(a);"
         "CREATE VIEW e AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r)"
         " SELECT i AS id, x'00' AS k, 1 AS s, 1 AS t, x'00' AS v FROM r WHERE i<0;"
         "CREATE TRIGGER d INSTEAD OF DELETE ON e BEGIN SELECT 1; END;"
         "CREATE TRIGGER n INSTEAD OF INSERT ON e BEGIN SELECT 1; END;"
         "CREATE TRIGGER u INSTEAD OF UPDATE ON e BEGIN SELECT 1; END;"
         "PRAGMA user_version=2");
  ExpectLeftAlone("holds other tables");
  TouchWithEverything();
}

// In a file without incremental vacuum, prune and the writer gave free pages back for ever.
TEST_F(ForeignDatabaseTest, ADatabaseThatNeverShrinksIsLeftAlone) {
  Fill(3000);
  RunSql(Database(),
         "PRAGMA journal_mode=DELETE; PRAGMA auto_vacuum=NONE; VACUUM; DELETE FROM e WHERE id>10");
  ExpectLeftAlone("has auto_vacuum 0 and pages of 4096 bytes, expected 2 and 4096");
}

TEST_F(ForeignDatabaseTest, ADatabaseOfOtherPagesIsLeftAlone) {
  Fill(100);
  RunSql(Database(), "PRAGMA journal_mode=DELETE; PRAGMA page_size=8192; VACUUM");
  ExpectLeftAlone("pages of 8192 bytes");
}

// The number of free pages in the header is damaged, so giving them back frees nothing, again and
// again.
TEST_F(ForeignDatabaseTest, AnInvalidFreeListDoesNotStopPrune) {
  Fill(2000);
  std::string bytes = Slurp(Database());
  WriteNumber(&bytes, 36, 100'000);  // This is the header's count of free pages.
  WriteBytes(Database(), bytes);
  TouchWithEverything();
}

// All leaves of the table are the first one. Rows come again with lower numbers, so a walk that
// continues after the last number would begin again.
TEST_F(ForeignDatabaseTest, RowsThatGoRoundEndTheWalk) {
  for (const std::string name : {"e", "sqlite_autoindex_e_1"}) {
    fs::remove_all(options_.dir);
    Fill(3000);
    const uint32_t root = RootOf(name);
    std::string bytes = Slurp(Database());
    const size_t start = (root - 1) * kPageBytes;
    const size_t cell = static_cast<size_t>(static_cast<uint8_t>(bytes[start + 12])) << 8 |
                        static_cast<uint8_t>(bytes[start + 13]);
    ASSERT_TRUE(PointAllTo(&bytes, root, ReadNumber(bytes, start + cell)));
    WriteBytes(Database(), bytes);
    if (name == "e") {
      for (const Status& status : {CheckCacheFolder(options_.dir, [](int64_t) {}).status(),
                                   PruneCacheFolder(options_.dir, {}, now_).status()}) {
        EXPECT_EQ(status.code(), StatusCode::kDataLoss);
        EXPECT_THAT(status.message(), HasSubstr("expected a higher number"));
      }
    }
    TouchWithEverything();
  }
}

// There are sixteen levels of pages, and all children of each are the next level: more rows than
// anybody can count.
TEST_F(ForeignDatabaseTest, ATreeOfEndlessRowsEnds) {
  for (const std::string name : {"e", "sqlite_autoindex_e_1"}) {
    fs::remove_all(options_.dir);
    Fill(6000);
    const uint32_t root = RootOf(name);
    std::string bytes = Slurp(Database());
    const size_t pages = bytes.size() / kPageBytes;
    const std::string node = bytes.substr((root - 1) * kPageBytes, kPageBytes);
    const size_t cell =
        static_cast<size_t>(static_cast<uint8_t>(node[12])) << 8 | static_cast<uint8_t>(node[13]);
    const uint32_t leaf = ReadNumber(node, cell);
    uint32_t child = leaf;
    for (uint32_t level = 0; level < 16; ++level) {
      const auto page = static_cast<uint32_t>(pages - level);
      bytes.replace((page - 1) * kPageBytes, kPageBytes, node);
      ASSERT_TRUE(PointAllTo(&bytes, page, child));
      child = page;
    }
    ASSERT_TRUE(PointAllTo(&bytes, root, child));
    WriteBytes(Database(), bytes);
    if (name != "e") {
      const Status status = ReadCacheFolder(options_.dir).status();
      EXPECT_EQ(status.code(), StatusCode::kDataLoss);
      EXPECT_THAT(status.message(), HasSubstr("that its size can hold"));
    }
    TouchWithEverything();
  }
}

// Rows of our table that no vetor wrote. A value of 50 MB cannot be read, so verify and prune ended
// at its row with an error, every time.
TEST_F(ForeignDatabaseTest, RowsOfAnotherShapeAreCountedAndPruned) {
  Fill(20);
  RunSql(Database(),
         "INSERT INTO e VALUES(5001, zeroblob(16), 1, 3, zeroblob(50000000));"
         "INSERT INTO e VALUES(5002, x'01', 1, 3, x'02');"
         "INSERT INTO e VALUES(5003, 'a key of text', 1, 3, 'a value of text');"
         "INSERT INTO e VALUES(5004, x'03', 'no number', 'no number', x'04');");
  const auto check = CheckCacheFolder(options_.dir, [](int64_t) {});
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_EQ(check->damaged, 4);
  const auto pruned = PruneCacheFolder(options_.dir, {}, now_);
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  EXPECT_EQ(pruned->damaged, 4);
  const auto after = CheckCacheFolder(options_.dir, [](int64_t) {});
  EXPECT_TRUE(after->sound());
  EXPECT_EQ(after->entries, 20);
}

TEST_F(ForeignDatabaseTest, AStopEndsVerifyPruneAndClear) {
  Fill(21'000);
  std::stop_source stop;
  int64_t seen = 0;
  const Status verified = CheckCacheFolder(
                              options_.dir,
                              [&](int64_t done) {
                                seen = done;
                                stop.request_stop();
                              },
                              stop.get_token())
                              .status();
  EXPECT_EQ(verified.code(), StatusCode::kCancelled) << verified.ToString();
  EXPECT_EQ(seen, 10'000);
  for (const Status& status : {PruneCacheFolder(options_.dir, {}, now_, stop.get_token()).status(),
                               ClearCacheFolder(options_.dir, stop.get_token()).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kCancelled) << status.ToString();
  }
  EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 21'000);
}

}  // namespace
}  // namespace vetor
