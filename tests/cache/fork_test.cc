// Forks a process whose threads use a cache on disk. The child opens a cache of its own in the same
// folder, as the documentation says, and the parent goes on.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "cache/cache_fixture.h"
#include "cache/cache_folder.h"

namespace vetor {
namespace {

// The alarm ends a child that hangs.
constexpr unsigned kSecondsForAChild = 60;

class CacheForkTest : public CacheFixture {
 protected:
  std::filesystem::path Database() const { return options_.dir / "vectors-2.db"; }
  // The child's exit status; 0 if it found the record.
  int InChild() {
    ::alarm(kSecondsForAChild);
    const auto cache = Open();
    if (!cache->state().starts_with("disk, read-only")) return 1;
    return FindOne(cache.get(), 7) == "disk" ? 0 : 2;
  }
};

// Guards against SQLite's global mutexes: the child found them locked by a thread that it does not
// have.
TEST_F(CacheForkTest, AChildOpensItsOwnWhileThreadsOfTheParentReadAndWrite) {
  constexpr int kRounds = 60;
  const auto cache = Open();
  InsertRange(cache.get(), 0, 64);
  cache->Flush();
  std::atomic<bool> stop{false};
  std::atomic<int64_t> found{0};
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; !stop; ++i) {
        found += CountFound(cache.get(), 0, 2);
        if (t == 0) InsertOne(cache.get(), 1000 + i % 500);
      }
    });
  }
  int failed = 0;
  for (int round = 0; round < kRounds && failed == 0; ++round) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(InChild());
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_FALSE(WIFSIGNALED(status)) << "round " << round << " hung: signal " << WTERMSIG(status);
    EXPECT_EQ(status, 0) << "round " << round;
    failed += status == 0 ? 0 : 1;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(found, 0);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 64), 64);
  EXPECT_EQ(cache->counters().Total().checksum_misses, 0U);
  EXPECT_EQ(cache->counters().Total().dropped_writes, 0U);
}

// Guards against SQLite's list of open files, through which a child shared its parent's locks on
// the database. The child's own connection took none, so another process removed the files under
// it.
TEST_F(CacheForkTest, AChildsConnectionTakesItsOwnLocks) {
  const auto cache = Open();
  InsertRange(cache.get(), 0, 64);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 64), 64) << "a reader is open";
  std::array<int, 2> to_parent{};
  std::array<int, 2> to_child{};
  ASSERT_EQ(::pipe(to_parent.data()), 0);
  ASSERT_EQ(::pipe(to_child.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kSecondsForAChild);
    ::close(to_child[1]);
    const auto own = Open();
    char found = FindOne(own.get(), 7) == "disk" ? 'y' : 'n';
    if (::write(to_parent[1], &found, 1) != 1) ::_exit(3);
    static_cast<void>(::read(to_child[0], &found, 1));
    ::_exit(0);
  }
  ::close(to_parent[1]);
  ::close(to_child[0]);
  char found = 0;
  ASSERT_EQ(::read(to_parent[0], &found, 1), 1);
  EXPECT_EQ(found, 'y');
  // Finds which process would keep this one from the whole file.
  const int database = ::open(Database().c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  ASSERT_EQ(::fcntl(database, F_GETLK, &lock), 0);
  EXPECT_EQ(lock.l_type, F_RDLCK);
  EXPECT_EQ(lock.l_pid, child);
  ::close(to_child[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(to_parent[0]);
  ::close(database);
}

// A fork closes the parent's connections, yet the parent loses nothing, and its log is removed at
// the end.
TEST_F(CacheForkTest, TheParentGoesOn) {
  constexpr int64_t kRounds = 20;
  {
    const auto cache = Open();
    for (int64_t round = 0; round < kRounds; ++round) {
      InsertRange(cache.get(), round * 10, round * 10 + 10);
      if (round % 2 == 0) cache->Flush();
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      ASSERT_EQ(::waitpid(child, nullptr, 0), child);
      EXPECT_EQ(CountFound(cache.get(), 0, kRounds * 10), round * 10 + 10);
    }
    EXPECT_EQ(cache->state(), "disk");
    EXPECT_EQ(cache->counters().Total().dropped_writes, 0U);
  }
  EXPECT_FALSE(std::filesystem::exists(Database().string() + "-wal"));
  EXPECT_EQ(warnings_, 0);
  const auto check = CheckCacheFolder(options_.dir, [](int64_t) {});
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_TRUE(check->sound());
  EXPECT_EQ(check->entries, kRounds * 10);
}

}  // namespace
}  // namespace vetor
