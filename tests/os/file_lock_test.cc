#include "os/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

class FileLockTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
};

TEST_F(FileLockTest, ExcludesASecondHolderAndIsFreeAfterTheFirst) {
  const std::filesystem::path path = folder_ / "lock";
  {
    const Result<FileLock> first = FileLock::TryAcquire(path);
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    const Result<FileLock> second = FileLock::TryAcquire(path);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().code(), StatusCode::kFailedPrecondition);
  }
  EXPECT_TRUE(FileLock::TryAcquire(path).ok());
}

TEST_F(FileLockTest, MissingFolderIsNotMistakenForAHolder) {
  const Result<FileLock> lock = FileLock::TryAcquire(folder_ / "absent" / "lock");
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.status().code(), StatusCode::kNotFound);
}

TEST_F(FileLockTest, NoticesThatItsFileIsGone) {
  const std::filesystem::path path = folder_ / "lock";
  const Result<FileLock> lock = FileLock::TryAcquire(path);
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(lock->StillInPlace());
  std::filesystem::remove(path);
  EXPECT_FALSE(lock->StillInPlace());
  // A new file at the path can be locked, because it is not ours.
  EXPECT_TRUE(FileLock::TryAcquire(path).ok());
  EXPECT_FALSE(lock->StillInPlace());
}

TEST_F(FileLockTest, AForkedChildThatDropsItsCopyDoesNotFreeTheParents) {
  const std::filesystem::path path = folder_ / "lock";
  Result<FileLock> acquired = FileLock::TryAcquire(path);
  ASSERT_TRUE(acquired.ok());
  std::optional<FileLock> lock(std::move(*acquired));
  const pid_t child = ::fork();
  if (child == 0) {
    lock.reset();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(FileLock::TryAcquire(path).ok());
}

}  // namespace
}  // namespace vetor
