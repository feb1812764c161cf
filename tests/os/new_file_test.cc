#include "os/new_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "os/file.h"
#include "os/file_lock.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

unsigned ModeOf(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

class NewFileTest : public ::testing::Test {
 protected:
  // Writes `bytes` to `name` in the way of the command's outputs.
  Status Replace(const std::string& name, const std::string& bytes,
                 NewFileMode mode = NewFileMode::kUsual) const {
    auto file = AtomicFile::Create(folder_ / name, mode);
    if (!file.ok()) return file.status();
    if (Status status = file->Write(bytes); !status.ok()) return status;
    return file->Commit();
  }
  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(NewFileTest, NamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(UnguessableName());
  EXPECT_EQ(names.size(), 1000U);
  EXPECT_EQ(names.begin()->size(), 16U);
}

// A stranger's folder holds links under the names that scratch files used to have; no file may be
// written through them.
TEST_F(NewFileTest, ALinkUnderAGuessableNameIsNeverWrittenThrough) {
  std::ofstream(folder_ / "victim") << "mine";
  for (const std::string& name :
       {".tmp." + std::to_string(::getpid()), std::string(".tmp.0"), std::string(".tmp.1")}) {
    fs::create_symlink(folder_ / "victim", folder_ / ("out" + name));
  }
  ASSERT_TRUE(Replace("out", "new").ok());
  EXPECT_EQ(*ReadFile(folder_ / "victim"), "mine");
  EXPECT_EQ(*ReadFile(folder_ / "out"), "new");
  EXPECT_FALSE(fs::is_symlink(folder_ / "out"));
}

TEST_F(NewFileTest, WhatIsThereIsNotOpened) {
  std::ofstream(folder_ / "file") << "mine";
  fs::create_symlink(folder_ / "none", folder_ / "link");
  EXPECT_EQ(OpenNewFile(folder_ / "file", 0600), -1);
  EXPECT_EQ(OpenNewFile(folder_ / "link", 0600), -1);
  EXPECT_EQ(*ReadFile(folder_ / "file"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

// Two threads of one process shared the scratch file, and one renamed it away under the other.
TEST_F(NewFileTest, TwoWritersOfOnePathBothSucceed) {
  auto first = AtomicFile::Create(folder_ / "main");
  auto second = AtomicFile::Create(folder_ / "main");
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(first->Write(std::string(1000, 'a')).ok());
  ASSERT_TRUE(second->Write("b").ok());
  EXPECT_TRUE(first->Commit().ok());
  EXPECT_EQ(*ReadFile(folder_ / "main"), std::string(1000, 'a'));
  EXPECT_TRUE(second->Commit().ok());
  EXPECT_EQ(*ReadFile(folder_ / "main"), "b");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(NewFileTest, ManyThreadsWriteOnePathAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        const std::string bytes(100, static_cast<char>('a' + i));
        if (!Replace("main", bytes).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  const std::string bytes = *ReadFile(folder_ / "main");
  EXPECT_EQ(bytes, std::string(100, bytes[0]));
}

TEST_F(NewFileTest, AnOutputKeepsTheModeOfTheFileThatItReplaces) {
  for (const unsigned mode : {0600U, 0640U, 0664U, 0400U}) {
    std::ofstream(folder_ / "out") << "old";
    ASSERT_EQ(::chmod((folder_ / "out").c_str(), mode), 0);
    ASSERT_TRUE(Replace("out", "new").ok());
    EXPECT_EQ(ModeOf(folder_ / "out"), mode);
    EXPECT_EQ(*ReadFile(folder_ / "out"), "new");
    fs::remove(folder_ / "out");
  }
}

TEST_F(NewFileTest, AFileOfACacheIsAsOpenAsItsFolder) {
  for (const auto& [folder_mode, file_mode] :
       {std::pair{0700U, 0600U}, {0755U, 0644U}, {0770U, 0660U}, {0777U, 0666U}}) {
    ASSERT_EQ(::chmod(folder_.c_str(), folder_mode), 0);
    ASSERT_TRUE(Replace("file", "x", NewFileMode::kAsFolder).ok());
    EXPECT_EQ(ModeOf(folder_ / "file"), file_mode);
    ASSERT_TRUE(MakeFileIfAbsent(folder_ / "empty").ok());
    EXPECT_EQ(ModeOf(folder_ / "empty"), file_mode);
    ASSERT_TRUE(MakeFolderLikeParent(folder_ / "inner").ok());
    EXPECT_EQ(ModeOf(folder_ / "inner"), folder_mode);
    fs::remove(folder_ / "file");
    fs::remove(folder_ / "empty");
    fs::remove(folder_ / "inner");
  }
}

TEST_F(NewFileTest, FoldersThatAreMadeAreForTheirUserAlone) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_TRUE(MakePrivateFolder(folder_ / "a" / "b" / "c").ok());
  EXPECT_EQ(ModeOf(folder_), 0755U);
  for (const char* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(ModeOf(folder_ / made), 0700U) << made;
  ASSERT_EQ(::chmod((folder_ / "a").c_str(), 0750), 0);
  EXPECT_TRUE(MakePrivateFolder(folder_ / "a").ok()) << "there already";
  EXPECT_EQ(ModeOf(folder_ / "a"), 0750U);
  std::ofstream(folder_ / "file") << "x";
  EXPECT_FALSE(MakePrivateFolder(folder_ / "file").ok());
  EXPECT_FALSE(MakePrivateFolder(folder_ / "file" / "below").ok());
}

TEST_F(NewFileTest, AFolderOfAnotherUserIsNotOurs) {
  EXPECT_TRUE(CheckOwnFolder(folder_).ok());
  EXPECT_FALSE(CheckOwnFolder(folder_ / "none").ok());
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  fs::create_directory(folder_ / "theirs");
  ASSERT_EQ(::chown((folder_ / "theirs").c_str(), 12345, 12345), 0);
  const Status status = CheckOwnFolder(folder_ / "theirs");
  EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(status.message(), HasSubstr("belongs to user 12345, expected 0"));
  // Their link to a folder of ours is not accepted either.
  fs::create_directory_symlink(folder_, folder_ / "theirs" / "link");
  ASSERT_EQ(::lchown((folder_ / "theirs" / "link").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(CheckOwnFolder(folder_ / "theirs" / "link").ok());
}

// A stranger's folder may hold a lock that links to a file of the user's; that file was made or
// opened.
TEST_F(NewFileTest, ALockIsNeverTakenThroughALink) {
  fs::create_symlink(folder_ / "elsewhere", folder_ / "writer.lock");
  const auto lock = FileLock::TryAcquire(folder_ / "writer.lock");
  EXPECT_EQ(lock.status().code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(lock.status().message(), HasSubstr("is a symbolic link"));
  EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

}  // namespace
}  // namespace vetor
