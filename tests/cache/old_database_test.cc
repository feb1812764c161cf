// The database of an earlier version of vetor (format 1, vectors.db) lies beside ours. Neither
// version touches the other's files, and prune and clear remove the old one if nobody uses it.
#include "cache/old_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <optional>

#include "cache/cache_fixture.h"
#include "cache/cache_folder.h"
#include "cache/child_process.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

std::string Slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Does what a process of an earlier version does: it takes its lock, makes its table, and writes
// rows to its log.
class OldProcess {
 public:
  explicit OldProcess(const fs::path& dir) {
    fs::create_directories(dir);
    Result<FileLock> lock = FileLock::TryAcquire(dir / "writer.lock");
    EXPECT_TRUE(lock.ok()) << lock.status().ToString();
    if (lock.ok()) lock_.emplace(*std::move(lock));
    EXPECT_EQ(sqlite3_open((dir / "vectors.db").c_str(), &database_), SQLITE_OK);
    Run("PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL");
    Run("CREATE TABLE IF NOT EXISTS e(id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, t INTEGER "
        "NOT "
        "NULL, v BLOB NOT NULL)");
    Run("PRAGMA user_version=1");
  }
  OldProcess(const OldProcess&) = delete;
  OldProcess& operator=(const OldProcess&) = delete;
  ~OldProcess() { sqlite3_close(database_); }

  void Insert(int64_t number) {
    Run("INSERT INTO e(k, t, v) VALUES(x'" + Hex(Key(number)) + "', 1700000000, zeroblob(400))");
  }
  int64_t Rows() {
    int64_t rows = -1;
    sqlite3_exec(
        database_, "SELECT count(*) FROM e",
        [](void* to, int, char** values, char**) {
          *static_cast<int64_t*>(to) = std::atoll(values[0]);
          return 0;
        },
        &rows, nullptr);
    return rows;
  }

 private:
  static std::string Key(int64_t number) {
    const CacheKey key = KeyOf(number);
    return {key.bytes.begin(), key.bytes.end()};
  }
  void Run(const std::string& sql) {
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_free(error);
  }

  std::optional<FileLock> lock_;
  sqlite3* database_ = nullptr;
};

class OldDatabaseTest : public CacheFixture {
 protected:
  void SetUp() override {
    CacheFixture::SetUp();
    now_ = CacheEnvironment::Real().wall_seconds();  // The times of the files use the same clock.
  }
  fs::path OldPath() const { return options_.dir / "vectors.db"; }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(options_.dir)) {
      names.push_back(file.path().filename());
    }
    return names;
  }
};

TEST_F(OldDatabaseTest, AnOldAndANewProcessWorkInOneFolder) {
  OldProcess old(options_.dir);
  for (int64_t round = 0; round < 3; ++round) {
    const auto cache = Open();
    EXPECT_EQ(cache->state(), "disk");
    EXPECT_EQ(CountFound(cache.get(), 0, 100), round * 10) << "nothing of the old one is served";
    old.Insert(round);
    InsertRange(cache.get(), round * 10, round * 10 + 10);
    cache->Flush();
    old.Insert(50 + round);
    EXPECT_EQ(CountFound(cache.get(), 0, 100), (round + 1) * 10);
    EXPECT_EQ(old.Rows(), (round + 1) * 2);
  }
  EXPECT_EQ(warnings_, 0);
  const auto check = CheckCacheFolder(options_.dir, [](int64_t) {});
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_TRUE(check->sound());
  EXPECT_EQ(check->entries, 30);
  EXPECT_EQ(ReadCacheFolder(options_.dir)->old.bytes,
            static_cast<int64_t>(fs::file_size(OldPath()) +
                                 fs::file_size(options_.dir / "vectors.db-wal")));
}

TEST_F(OldDatabaseTest, AServiceLeavesEveryByteOfIt) {
  { OldProcess(options_.dir).Insert(1); }
  const std::string before = Slurp(OldPath());
  const auto written = fs::last_write_time(OldPath());
  for (int round = 0; round < 2; ++round) {
    const auto cache = Open();
    InsertRange(cache.get(), 0, 500);
    cache->Flush();
    EXPECT_EQ(CountFound(cache.get(), 0, 500), 500);
  }
  EXPECT_EQ(Slurp(OldPath()), before);
  EXPECT_EQ(fs::last_write_time(OldPath()), written);
  EXPECT_FALSE(fs::exists(options_.dir / "vectors.db-wal"));
  EXPECT_EQ(OldProcess(options_.dir).Rows(), 1);
}

TEST_F(OldDatabaseTest, PruneRemovesItWhenItIsOldAndNobodyUsesIt) {
  {
    OldProcess old(options_.dir);
    old.Insert(1);
    const auto in_use = PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_ + 8 * 86400);
    ASSERT_TRUE(in_use.ok()) << in_use.status().ToString();
    EXPECT_EQ(in_use->old_bytes, 0) << "its lock is held";
    EXPECT_EQ(old.Rows(), 1);
  }
  const auto young = PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_ + 6 * 86400);
  ASSERT_TRUE(young.ok()) << young.status().ToString();
  EXPECT_EQ(young->old_bytes, 0);
  EXPECT_TRUE(fs::exists(OldPath()));
  { InsertRange(Open().get(), 0, 10); }
  const auto old = PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_ + 8 * 86400);
  ASSERT_TRUE(old.ok()) << old.status().ToString();
  EXPECT_GT(old->old_bytes, 4096);
  EXPECT_EQ(old->expired, 10);
  EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("vectors-2.db", "vectors-2.lock"));
}

TEST_F(OldDatabaseTest, PruneLooksAtTheLogToo) {
  OldProcess(options_.dir).Insert(1);
  // The database was written long ago, but its log was not copied into it yet.
  fs::last_write_time(OldPath(), fs::last_write_time(OldPath()) - std::chrono::hours(24 * 30));
  std::ofstream(options_.dir / "vectors.db-wal") << "rows";
  EXPECT_EQ(PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_)->old_bytes, 0);
  fs::remove(options_.dir / "vectors.db-wal");
  EXPECT_GT(PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_)->old_bytes, 0);
}

// A log without content counted as a write, so every program that opened the database kept it
// alive.
TEST_F(OldDatabaseTest, AnEmptyLogDoesNotCountAsAWrite) {
  OldProcess(options_.dir).Insert(1);
  fs::last_write_time(OldPath(), fs::last_write_time(OldPath()) - std::chrono::hours(24 * 30));
  std::ofstream(options_.dir / "vectors.db-wal") << "";
  EXPECT_GT(PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_)->old_bytes, 0);
  EXPECT_FALSE(fs::exists(OldPath()));
}

// The prune stopped at a database of an unknown version and never looked at the old one.
TEST_F(OldDatabaseTest, PruneRemovesItBesideADatabaseOfAnUnknownVersion) {
  { OldProcess(options_.dir).Insert(1); }
  { InsertRange(Open().get(), 0, 10); }
  const fs::path unknown = options_.dir / "vectors-2.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(unknown.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version=9", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const std::string before = Slurp(unknown);
  const Status young = PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_).status();
  EXPECT_EQ(young.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(young.message(), ::testing::Not(HasSubstr("vectors.db of")));
  EXPECT_TRUE(fs::exists(OldPath()));
  const Status pruned = PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_ + 8 * 86400).status();
  EXPECT_EQ(pruned.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(pruned.message(), HasSubstr("format 9"));
  EXPECT_THAT(pruned.message(), HasSubstr("vectors.db of an earlier version"));
  EXPECT_FALSE(fs::exists(OldPath()));
  EXPECT_EQ(Slurp(unknown), before);
}

// A process that knows only the first format writes with its own lock and its own code while this
// version does.
TEST_F(OldDatabaseTest, AProcessOfTheFirstFormatWritesBesideThisOne) {
  ChildProcess old({VETOR_FIRST_FORMAT_PROCESS, options_.dir.string()});
  ASSERT_EQ(old.ReadLine(), "writing");
  {
    const auto cache = Open();
    EXPECT_EQ(cache->state(), "disk");
    for (int64_t begin = 0; begin < 1000; begin += 50) {
      InsertRange(cache.get(), begin, begin + 50);
      cache->Flush();
    }
    EXPECT_EQ(CountFound(cache.get(), 0, 1000), 1000);
  }
  old.CloseInput();
  const std::string inserted = old.ReadLine();
  EXPECT_EQ(old.ReadLine(), inserted + " rows, ok") << "what it has at its end";
  EXPECT_EQ(old.Wait(), 0);
  EXPECT_GT(std::atoll(inserted.c_str()), 0);
  EXPECT_EQ(warnings_, 0);
  EXPECT_EQ(CheckCacheFolder(options_.dir, [](int64_t) {})->entries, 1000);
}

TEST_F(OldDatabaseTest, ClearRemovesItAndRefusesWhileItIsUsed) {
  { InsertRange(Open().get(), 0, 10); }
  {
    OldProcess old(options_.dir);
    const Status refused = ClearCacheFolder(options_.dir).status();
    EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(refused.message(), HasSubstr("stop it first"));
    EXPECT_EQ(ReadCacheFolder(options_.dir)->entries, 10);
  }
  std::ofstream(options_.dir / "vectors.db.damaged") << "x";
  std::ofstream(options_.dir / "vectors.db.damaged.1") << "x";
  const auto cleared = ClearCacheFolder(options_.dir);
  ASSERT_TRUE(cleared.ok()) << cleared.status().ToString();
  EXPECT_GE(cleared->files, 4);
  EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("vectors-2.lock", "writer.lock"));
  EXPECT_EQ(ClearCacheFolder(options_.dir).status().code(), StatusCode::kNotFound);
}

TEST_F(OldDatabaseTest, AFolderWithItAloneIsACacheWithoutEntries) {
  { OldProcess(options_.dir).Insert(1); }
  const auto stats = ReadCacheFolder(options_.dir);
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_EQ(stats->entries, 0);
  EXPECT_GT(stats->old.bytes, 4096);
  EXPECT_LE(std::abs(stats->old.last_write - now_), 600);
  EXPECT_TRUE(CheckCacheFolder(options_.dir, [](int64_t) {})->sound());
  EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("vectors.db", "writer.lock"))
      << "looking leaves no files";
}

// Another program's file of that name is not an old database, so it is neither named nor removed.
TEST_F(OldDatabaseTest, AnotherProgramsFileIsNotOurs) {
  for (const char* sql : {"CREATE TABLE notes(text); PRAGMA user_version=1",
                          "CREATE TABLE notes(text)", "PRAGMA user_version=7"}) {
    fs::remove_all(options_.dir);
    { InsertRange(Open().get(), 0, 10); }
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(OldPath().c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
    const std::string before = Slurp(OldPath());
    EXPECT_EQ(PruneCacheFolder(options_.dir, {.ttl_days = 0}, now_ + 86400)->old_bytes, 0) << sql;
    EXPECT_TRUE(ClearCacheFolder(options_.dir).ok()) << sql;
    EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("vectors.db", "vectors-2.lock")) << sql;
    EXPECT_EQ(Slurp(OldPath()), before);
    EXPECT_EQ(ClearCacheFolder(options_.dir).status().code(), StatusCode::kNotFound) << sql;
    { InsertRange(Open().get(), 0, 10); }
  }
  EXPECT_EQ(LookAtOldDatabase(options_.dir).bytes, 0);
  fs::remove(OldPath());
  std::ofstream(OldPath()) << "a table of my own";
  EXPECT_EQ(LookAtOldDatabase(options_.dir).bytes, 0);
  fs::remove(OldPath());
  fs::create_symlink(options_.dir / "vectors-2.db", OldPath());
  EXPECT_EQ(LookAtOldDatabase(options_.dir).bytes, 0);
}

// Guards against a clear that refused our own cache because of such a file.
TEST_F(OldDatabaseTest, ClearPassesByWhatIsNotADatabaseOfAnEarlierVersion) {
  const auto make = [&](const std::string& kind) {
    if (kind == "garbage") std::ofstream(OldPath()) << std::string(9000, 'x');
    if (kind == "link") fs::create_symlink(root_ / "elsewhere.db", OldPath());
    if (kind == "pipe") static_cast<void>(::mkfifo(OldPath().c_str(), 0600));
    if (kind == "folder") fs::create_directory(OldPath());
  };
  std::ofstream(root_ / "elsewhere.db") << "mine";
  for (const std::string kind : {"garbage", "link", "pipe", "folder"}) {
    { InsertRange(Open().get(), 0, 10); }
    make(kind);
    warnings_ = 0;
    const auto cleared = ClearCacheFolder(options_.dir);
    ASSERT_TRUE(cleared.ok()) << kind << ": " << cleared.status().ToString();
    EXPECT_EQ(warnings_, 1) << kind;
    EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("vectors.db", "vectors-2.lock")) << kind;
    fs::remove(OldPath());
  }
  EXPECT_EQ(Slurp(root_ / "elsewhere.db"), "mine");
}

TEST_F(OldDatabaseTest, ADatabaseThatAnOldServiceUsesIsNotOpened) {
  { InsertRange(Open().get(), 0, 10); }
  { OldProcess(options_.dir).Insert(1); }
  const Result<FileLock> lock = FileLock::TryAcquire(options_.dir / "writer.lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_ + 8 * 86400)->old_bytes, 0);
  EXPECT_EQ(ClearCacheFolder(options_.dir).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(options_.dir / "vectors.db-shm"));
  EXPECT_FALSE(fs::exists(options_.dir / "vectors.db-wal"));
  EXPECT_TRUE(fs::exists(options_.dir / "vectors-2.db"));
}

TEST_F(OldDatabaseTest, StatsAndPruneSayTheSameBytes) {
  { OldProcess(options_.dir).Insert(1); }
  const int64_t bytes = ReadCacheFolder(options_.dir)->old.bytes;
  EXPECT_GT(bytes, 4096);
  EXPECT_EQ(PruneCacheFolder(options_.dir, {.ttl_days = 7}, now_ + 8 * 86400)->old_bytes, bytes);
}

}  // namespace
}  // namespace vetor
