#include "os/staged_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "os/file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status WriteOne(const fs::path& path, std::string_view bytes) {
  auto file = AtomicFile::Create(path);
  if (!file.ok()) return file.status();
  if (Status status = file->Write(bytes); !status.ok()) return status;
  return file->Commit();
}

class StagedFolderTest : public ::testing::Test {
 protected:
  // Makes the destination with one file that holds `content`.
  Status Make(const std::string& content, bool replace) {
    auto folder = StagedFolder::Create(folder_ / "out", replace);
    if (!folder.ok()) return folder.status();
    fs::create_directories(folder->path() / "sub");
    if (Status status = WriteOne(folder->path() / "sub/f", content); !status.ok()) return status;
    return folder->Commit();
  }
  std::string Content() { return ReadFile(folder_ / "out/sub/f").value(); }

  // Runs `work` in a child, which then waits to be killed; returns when the child has done the
  // work.
  template <typename Work>
  pid_t Fork(Work work) {
    int done[2];
    EXPECT_EQ(::pipe(done), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      const char byte = 1;
      if (::write(done[1], &byte, 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(done[0], &byte, 1), 1);
    ::close(done[0]);
    ::close(done[1]);
    return child;
  }
  void Kill(pid_t child) {
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }

  TemporaryFolder folder_;
};

TEST_F(StagedFolderTest, NothingHasTheNameBeforeCommit) {
  auto folder = StagedFolder::Create(folder_ / "out", false);
  ASSERT_TRUE(folder.ok()) << folder.status().ToString();
  ASSERT_TRUE(WriteOne(folder->path() / "f", "x").ok());
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  ASSERT_TRUE(folder->Commit().ok());
  EXPECT_THAT(Names(folder_.path()), ElementsAre("out"));
  EXPECT_EQ(ReadFile(folder_ / "out/f").value(), "x");
}

TEST_F(StagedFolderTest, WithoutCommitNothingIsLeftNorFoldersAbove) {
  {
    auto folder = StagedFolder::Create(folder_ / "a/b/out", false);
    ASSERT_TRUE(folder.ok()) << folder.status().ToString();
    ASSERT_TRUE(WriteOne(folder->path() / "f", "x").ok());
  }
  EXPECT_THAT(Names(folder_.path()), IsEmpty());
}

// Guards against a mark that made a name too long although the file system takes the name.
TEST_F(StagedFolderTest, ALongNameIsTaken) {
  for (const char last : {'a', 'b'}) {
    const std::string name = std::string(254, 'n') + last;
    auto folder = StagedFolder::Create(folder_ / name, false);
    ASSERT_TRUE(folder.ok()) << folder.status().ToString();
    ASSERT_TRUE(WriteOne(folder->path() / "f", "x").ok());
    const auto other = StagedFolder::Create(folder_ / (std::string(254, 'n') + "c"), false);
    ASSERT_TRUE(other.ok()) << other.status().ToString();
    ASSERT_TRUE(folder->Commit().ok());
    EXPECT_EQ(ReadFile(folder_ / name / "f").value(), "x");
  }
  EXPECT_EQ(Names(folder_.path()).size(), 2U);
}

// A process that ended without destructors left its folder behind.
TEST_F(StagedFolderTest, AnUnfinishedFolderIsRemovedOnRequest) {
  auto folder = StagedFolder::Create(folder_ / "out", false);
  ASSERT_TRUE(folder.ok()) << folder.status().ToString();
  ASSERT_TRUE(WriteOne(folder->path() / "f", "x").ok());
  StagedFolder::RemoveUnfinished();
  EXPECT_THAT(Names(folder_.path()), IsEmpty());
}

TEST_F(StagedFolderTest, AFolderThatIsThereIsKeptUnlessReplaced) {
  ASSERT_TRUE(Make("one", false).ok());
  const Status refused = Make("two", false);
  EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
  // It named a flag of the command, which a program does not have.
  EXPECT_THAT(refused.message(), HasSubstr("have this one replaced (option overwrite)"));
  EXPECT_EQ(Content(), "one");
  folder_.Write("out/other", "gone with the folder");
  const Status replaced = Make("two", true);
  ASSERT_TRUE(replaced.ok()) << replaced.ToString();
  EXPECT_EQ(Content(), "two");
  EXPECT_THAT(Names(folder_ / "out"), ElementsAre("sub"));
  EXPECT_THAT(Names(folder_.path()), ElementsAre("out"));
}

TEST_F(StagedFolderTest, WhatAppearsMeanwhileIsNotReplaced) {
  auto folder = StagedFolder::Create(folder_ / "out", false);
  ASSERT_TRUE(folder.ok());
  folder_.Write("out/of-another", "kept");
  EXPECT_EQ(folder->Commit().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(Names(folder_.path()), ElementsAre("out"));
  EXPECT_THAT(Names(folder_ / "out"), ElementsAre("of-another"));
}

TEST_F(StagedFolderTest, AnEmptyFolderIsTakenAndALinkFollowed) {
  fs::create_directories(folder_ / "real");
  fs::create_directory_symlink("real", folder_ / "out");
  ASSERT_TRUE(Make("one", false).ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "out"));
  EXPECT_EQ(ReadFile(folder_ / "real/sub/f").value(), "one");
}

TEST_F(StagedFolderTest, NamesThatCannotBeAFolderAreRefused) {
  folder_.Write("file", "x");
  EXPECT_EQ(StagedFolder::Create(folder_ / "file", true).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(StagedFolder::Create("/", true).status().code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(StagedFolder::Create(folder_ / "file/below", false).ok());
  EXPECT_THAT(Names(folder_.path()), ElementsAre("file"));
  const auto slash = StagedFolder::Create((folder_ / "out").string() + "/", false);
  ASSERT_TRUE(slash.ok());
  EXPECT_EQ(slash->destination().filename(), "out");
}

TEST_F(StagedFolderTest, AKilledOneLeavesNoNameAndTheNextClearsUp) {
  const pid_t child = Fork([this] {
    auto* folder = new auto(StagedFolder::Create(folder_ / "out", false));
    if (folder->ok()) (void)WriteOne((*folder)->path() / "f", "half");
  });
  // While the folder's owner lives, its files are not touched.
  { EXPECT_TRUE(StagedFolder::Create(folder_ / "out", false).ok()); }
  EXPECT_EQ(Names(folder_.path()).size(), 1U);
  Kill(child);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_EQ(Names(folder_.path()).size(), 1U);
  ASSERT_TRUE(Make("whole", false).ok());
  EXPECT_THAT(Names(folder_.path()), ElementsAre("out"));
}

// The disk is full (by a bound on file sizes): writing fails, and nothing is left.
TEST_F(StagedFolderTest, AFullDiskLeavesNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 4096, .rlim_max = 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status status = Make(std::string(8 << 20, 'x'), false);
    ::_exit(status.code() == StatusCode::kResourceExhausted ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_THAT(Names(folder_.path()), IsEmpty());
}

}  // namespace
}  // namespace vetor
