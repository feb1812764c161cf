#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "cache/sqlite_connection.h"
#include "tests/cli/filled_cache.h"
#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

constexpr size_t kDim = 8;

class CacheCommandTest : public FolderFixture {
 protected:
  // A cache of `count` vectors, each of which has the same number in every place.
  std::unique_ptr<VectorCache> Fill(int count) { return FillCache(Path("cache"), kDim, count); }
  // Runs SQL as another program would.
  void RunSql(const char* sql) { RunSqlIn("vectors-2.db", sql); }
  void RunSqlIn(const std::string& name, const char* sql) {
    std::filesystem::create_directories(Path("cache"));
    std::ofstream(Path("cache/" + name), std::ios::app).flush();
    auto database = SqliteConnection::Open(Path("cache/" + name), {.access = SqliteAccess::kWrite});
    ASSERT_TRUE(database.ok()) << database.status().ToString();
    const Status done = database->Execute(sql);
    ASSERT_TRUE(done.ok()) << done.ToString();
  }
  void ExpectClearRefuses(const std::string& why) {
    const std::string before = ReadBytes(Path("cache/vectors-2.db"));
    const auto refused = RunVetor({"cache", "clear", "--dir", Path("cache")});
    EXPECT_EQ(refused.exit_code, 1) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(why));
    EXPECT_THAT(refused.err, HasSubstr("left alone"));
    EXPECT_THAT(refused.err, HasSubstr("delete the file if nobody needs it"));
    EXPECT_EQ(ReadBytes(Path("cache/vectors-2.db")), before);
  }
  std::string FolderOf(const std::vector<std::string>& flags,
                       const std::vector<std::string>& variables = {}) {
    std::vector<std::string> words = {"cache", "stats", "--json"};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto result = RunVetor(words, {}, variables);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto lines = ParseLines(result.out);
    return lines.empty() ? "" : std::string(lines[0].at("folder").as_string());
  }
  boost::json::object RunJson(const std::string& action) {
    const auto result = RunVetor({"cache", action, "--dir", Path("cache"), "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return boost::json::parse(result.out).as_object();
  }
};

TEST_F(CacheCommandTest, StatsVerifyPruneAndClear) {
  Fill(30).reset();
  EXPECT_EQ(RunJson("stats").at("entries").as_int64(), 30);
  EXPECT_EQ(RunJson("verify").at("integrity").as_string(), "ok");
  EXPECT_EQ(RunJson("prune").at("expired").as_int64(), 0);
  const auto old = RunVetor({"cache", "prune", "--dir", Path("cache"), "--ttl-days", "0"});
  EXPECT_EQ(old.exit_code, 0) << old.err;
  EXPECT_THAT(old.out, HasSubstr("expired              30"));
  EXPECT_EQ(RunJson("stats").at("entries").as_int64(), 0);
  EXPECT_EQ(RunVetor({"cache", "clear", "--dir", Path("cache")}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(Path("cache") + "/vectors-2.db"));
}

// The command deleted any file called vectors-2.db without looking at it.
TEST_F(CacheCommandTest, ClearRefusesADatabaseThatIsNotOurs) {
  RunSql("CREATE TABLE notes(words); INSERT INTO notes VALUES('mine')");
  ExpectClearRefuses("another program");
  RunSql("PRAGMA user_version=2");
  ExpectClearRefuses("holds other tables");
  std::filesystem::remove_all(Path("cache"));
  Fill(3).reset();
  RunSql("PRAGMA user_version=3");
  ExpectClearRefuses("has format 3, expected 2");
  std::filesystem::remove_all(Path("cache"));
  std::filesystem::create_directories(Path("cache"));
  std::ofstream(Path("cache/vectors-2.db")) << "a table of my own";
  ExpectClearRefuses("is not an SQLite database");
}

TEST_F(CacheCommandTest, ClearDeletesADamagedDatabaseAndAnEmptyOne) {
  Fill(3).reset();
  std::filesystem::resize_file(Path("cache/vectors-2.db"), 5000);
  const auto damaged = RunVetor({"cache", "stats", "--dir", Path("cache")});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.err, HasSubstr("puts it aside and begins an empty one"));
  EXPECT_THAT(damaged.err, HasSubstr("vetor cache clear --dir " + Path("cache") + " deletes it"));
  EXPECT_THAT(RunVetor({"cache", "verify", "--dir", Path("cache")}).err,
              HasSubstr("puts it aside and begins an empty one"));
  EXPECT_EQ(RunVetor({"cache", "clear", "--dir", Path("cache")}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(Path("cache/vectors-2.db")));
  std::ofstream(Path("cache/vectors-2.db")).flush();
  EXPECT_EQ(RunVetor({"cache", "clear", "--dir", Path("cache")}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(Path("cache/vectors-2.db")));
}

// The command ended with 0, said nothing, and left a vectors-2.lock in a folder that did not hold a
// cache.
TEST_F(CacheCommandTest, ClearOfAFolderWithoutACacheMakesNothing) {
  std::filesystem::create_directories(Path("other"));
  for (const char* action : {"clear", "prune", "stats", "verify"}) {
    const auto none = RunVetor({"cache", action, "--dir", Path("other")});
    EXPECT_EQ(none.exit_code, 2) << action;
    EXPECT_THAT(none.err, HasSubstr("holds no cache")) << action;
  }
  EXPECT_TRUE(std::filesystem::is_empty(Path("other")));
}

TEST_F(CacheCommandTest, ClearSaysWhatItDeleted) {
  Fill(3).reset();
  const auto cleared = RunVetor({"cache", "clear", "--dir", Path("cache")});
  EXPECT_EQ(cleared.exit_code, 0) << cleared.err;
  EXPECT_THAT(cleared.out, HasSubstr("deleted_files    "));
  Fill(3).reset();
  EXPECT_GE(RunJson("clear").at("deleted_bytes").as_int64(), 4096);
}

// The command's own help says where settings come from, but it looked only at --dir.
TEST_F(CacheCommandTest, TheFolderIsTheFlagsThenTheEnvironmentsThenTheFiles) {
  const std::string file =
      WriteFile("config.json", R"({"ai":{"cache":{"dir":")" + Path("file") + R"("}}})");
  const std::string bare = WriteFile("bare.json", R"({"ai":{"dim":16}})");
  const std::string variable = "VETOR_AI_CACHE_DIR=" + Path("variable");
  const std::string own = "XDG_CACHE_HOME=" + Path("own");
  EXPECT_EQ(FolderOf({}, {own}), Path("own") + "/vetor");
  EXPECT_EQ(FolderOf({"--config", file}, {own}), Path("file"));
  EXPECT_EQ(FolderOf({"--config", bare}, {own}), "cache/embeddings");
  EXPECT_EQ(FolderOf({"--config", file}, {own, variable}), Path("variable"));
  Fill(3).reset();
  EXPECT_EQ(FolderOf({"--config", file, "--dir", Path("cache")}, {own, variable}), Path("cache"));
  const std::string filled = "VETOR_AI_CACHE_DIR=" + Path("cache");
  for (const char* action : {"verify", "prune", "clear"}) {
    EXPECT_EQ(RunVetor({"cache", action}, {}, {filled}).exit_code, 0) << action;
  }
  EXPECT_FALSE(std::filesystem::exists(Path("cache/vectors-2.db")));
  EXPECT_EQ(RunVetor({"cache", "stats", "--config", Path("none.json")}).exit_code, 2);
}

TEST_F(CacheCommandTest, ACacheThatWasNotUsedYetIsNotAFault) {
  const std::string own = "XDG_CACHE_HOME=" + Path("own");
  for (const char* action : {"stats", "verify", "prune", "clear"}) {
    const auto none = RunVetor({"cache", action}, {}, {own});
    EXPECT_EQ(none.exit_code, 0) << none.err;
    EXPECT_THAT(none.out, HasSubstr("own/vetor: there is no cache yet")) << action;
  }
  const auto stats = ParseLines(RunVetor({"cache", "stats", "--json"}, {}, {own}).out);
  ASSERT_EQ(stats.size(), 1U);
  EXPECT_EQ(stats[0].at("entries").as_int64(), 0);
  EXPECT_FALSE(std::filesystem::exists(Path("own")));
}

// The command names vectors.db of an earlier version with its size and what will become of it; no
// other program removes that file.
TEST_F(CacheCommandTest, AnEarlierVersionsDatabaseIsNamedAndPruned) {
  Fill(3).reset();
  RunSqlIn("vectors.db",
           "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; CREATE TABLE e(id INTEGER "
           "PRIMARY KEY, k BLOB NOT NULL UNIQUE, t INTEGER NOT NULL, v BLOB NOT NULL); PRAGMA "
           "user_version=1");
  EXPECT_GE(RunJson("stats").at("old_bytes").as_int64(), 8192);
  const auto stats = RunVetor({"cache", "stats", "--dir", Path("cache")});
  EXPECT_THAT(stats.out, HasSubstr("vectors.db is of an earlier version of vetor and is not read"));
  EXPECT_THAT(stats.out, HasSubstr("vetor cache prune deletes it"));
  EXPECT_EQ(RunJson("prune").at("old_bytes").as_int64(), 0) << "it was written just now";
  EXPECT_TRUE(std::filesystem::exists(Path("cache/vectors.db")));
  const auto pruned = RunVetor({"cache", "prune", "--dir", Path("cache"), "--ttl-days", "0"});
  EXPECT_EQ(pruned.exit_code, 0) << pruned.err;
  EXPECT_FALSE(std::filesystem::exists(Path("cache/vectors.db")));
  EXPECT_EQ(RunJson("stats").at("old_bytes").as_int64(), 0);
}

TEST_F(CacheCommandTest, StatsListsTheVectorSpaces) {
  const auto embedded = RunVetor(
      {"embed", "--cache-enabled", "--cache-dir", Path("cache"), "--dim", "16"}, "Interlagos\n");
  ASSERT_EQ(embedded.exit_code, 0) << embedded.err;
  const auto spaces = RunJson("stats").at("spaces").as_array();
  ASSERT_EQ(spaces.size(), 1U);
  EXPECT_EQ(spaces[0].at("model_id").as_string(), "hashing-16");
  EXPECT_EQ(spaces[0].at("precision").as_string(), "fp32");
  EXPECT_EQ(spaces[0].at("entries").as_int64(), 1);
  EXPECT_GE(spaces[0].at("last_use").as_int64(), spaces[0].at("first_use").as_int64());
  EXPECT_THAT(RunVetor({"cache", "stats", "--dir", Path("cache")}).out,
              HasSubstr("vector spaces:\n  hashing-16 fp32: 1 entries, last used 20"));
  // Lines that would read alike are told apart, and entries that belong to none of the spaces are
  // counted.
  const std::string mark(spaces[0].at("fingerprint").as_string());
  RunSql("INSERT INTO s SELECT 2, 'abcdefghijklmnop', model, runtime, precision, 1, 1 FROM s");
  RunSql("INSERT INTO e(k, s, t, v) VALUES(x'01', 7, 1, x'02'), (x'03', 2, 1, x'04')");
  EXPECT_EQ(RunJson("stats").at("entries_of_no_space").as_int64(), 1);
  const std::string text = RunVetor({"cache", "stats", "--dir", Path("cache")}).out;
  EXPECT_THAT(text, HasSubstr("  hashing-16 fp32 (" + mark.substr(0, 12) + "): 1 entries"));
  EXPECT_THAT(text, HasSubstr("  hashing-16 fp32 (abcdefghijkl): 1 entries"));
  EXPECT_THAT(text, HasSubstr("  of vector spaces that are no longer listed: 1 entries"));
}

TEST_F(CacheCommandTest, CountsAndClearsCompiledTokenizers) {
  Fill(1).reset();
  const std::filesystem::path folder = Path("cache") + "/tokenizers";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "0123456789abcdef.vtok") << "twelve bytes";
  const auto stats = RunJson("stats");
  EXPECT_EQ(stats.at("tokenizers").as_int64(), 1);
  EXPECT_EQ(stats.at("tokenizer_bytes").as_int64(), 12);
  EXPECT_EQ(RunVetor({"cache", "clear", "--dir", Path("cache")}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

// It ended with 2 and "holds no cache": a model was opened there, and no vector was stored.
TEST_F(CacheCommandTest, AFolderOfVerdictsAloneIsShownPrunedAndCleared) {
  const std::filesystem::path folder = Path("cache") + "/native";
  const auto write = [&] {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "0123456789abcdef.verdict") << "twelve bytes";
  };
  write();
  EXPECT_EQ(RunJson("stats").at("verdicts").as_int64(), 1);
  EXPECT_EQ(RunJson("stats").at("verdict_bytes").as_int64(), 12);
  EXPECT_EQ(RunJson("verify").at("integrity").as_string(), "ok");
  EXPECT_EQ(RunJson("prune").at("verdicts").as_int64(), 1);
  EXPECT_FALSE(std::filesystem::exists(folder / "0123456789abcdef.verdict"));
  write();
  const auto cleared = RunVetor({"cache", "clear", "--dir", Path("cache")});
  EXPECT_EQ(cleared.exit_code, 0) << cleared.err;
  EXPECT_THAT(cleared.out, HasSubstr("deleted_files        1"));
  EXPECT_THAT(cleared.out, HasSubstr("deleted_bytes        12"));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(CacheCommandTest, VerifyEndsWithOneWhereAnEntryIsDamaged) {
  Fill(30).reset();
  const std::string path = Path("cache") + "/vectors-2.db";
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const std::vector<float> vector(kDim, 7.5F);
  const size_t place =
      bytes.find(std::string(reinterpret_cast<const char*>(vector.data()), kDim * sizeof(float)));
  ASSERT_NE(place, std::string::npos);
  file.seekp(static_cast<std::streamoff>(place));
  file.put('!');
  file.close();
  const auto damaged = RunVetor({"cache", "verify", "--dir", Path("cache")});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.err, HasSubstr("1 of 30 entries are damaged"));
  EXPECT_EQ(RunJson("prune").at("damaged").as_int64(), 1);
  EXPECT_EQ(RunVetor({"cache", "verify", "--dir", Path("cache")}).exit_code, 0);
}

TEST_F(CacheCommandTest, ReadsBesideAServiceAndRefusesToChange) {
  const auto service = Fill(30);
  EXPECT_EQ(RunJson("stats").at("entries").as_int64(), 30);
  for (const char* action : {"prune", "clear"}) {
    const auto refused = RunVetor({"cache", action, "--dir", Path("cache")});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("stop it first"));
  }
}

// If no folder is named, embed and cache use the same one: the user's own, and never one of the
// working directory, which may be a stranger's.
TEST_F(CacheCommandTest, WithoutADirItIsTheUsersCache) {
  const char* const before = std::getenv("XDG_CACHE_HOME");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("XDG_CACHE_HOME", Path("caches").c_str(), 1);
  EXPECT_EQ(RunVetor({"embed", "--cache-enabled"}, "Interlagos\n").exit_code, 0);
  const auto stats = RunVetor({"cache", "stats", "--json"});
  EXPECT_EQ(stats.exit_code, 0) << stats.err;
  const boost::json::object figures = boost::json::parse(stats.out).as_object();
  EXPECT_EQ(figures.at("folder").as_string(), Path("caches") + "/vetor");
  EXPECT_EQ(figures.at("entries").as_int64(), 1);
  EXPECT_FALSE(std::filesystem::exists("cache/embeddings"));
  EXPECT_EQ(RunVetor({"cache", "clear"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(Path("caches") + "/vetor/vectors-2.db"));
  // If there is nowhere to keep vectors, they are computed all the same, and one line says so.
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  const char* const home = std::getenv("HOME");
  const std::string kept_home = home == nullptr ? "" : home;
  ::unsetenv("HOME");
  const auto homeless = RunVetor({"embed", "--cache-enabled"}, "Interlagos\n");
  EXPECT_EQ(homeless.exit_code, 0);
  EXPECT_THAT(homeless.err, HasSubstr("memory only: neither XDG_CACHE_HOME nor HOME"));
  const auto nowhere = RunVetor({"cache", "stats"});
  EXPECT_THAT(nowhere.err, HasSubstr("neither XDG_CACHE_HOME nor HOME"));
  EXPECT_THAT(nowhere.err, HasSubstr("name a cache folder with --dir"));
  ::setenv("HOME", kept_home.c_str(), 1);
  ::setenv("XDG_CACHE_HOME", kept.c_str(), 1);
}

TEST_F(CacheCommandTest, WrongUseIsAnError) {
  EXPECT_EQ(RunVetor({"cache"}).exit_code, 2);
  EXPECT_EQ(RunVetor({"cache", "stats", "--dir", ""}).exit_code, 2);
  EXPECT_EQ(RunVetor({"cache", "prune", "--dir", "x", "--ttl-days", "-1"}).exit_code, 2);
  const auto none = RunVetor({"cache", "stats", "--dir", Path("none")});
  EXPECT_NE(none.exit_code, 0);
  EXPECT_THAT(none.err, HasSubstr("holds no cache"));
}

}  // namespace
}  // namespace vetor::cli
