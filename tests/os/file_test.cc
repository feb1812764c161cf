#include "os/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/cpu.h"
#include "os/file_digest.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  size_t FilesInFolder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(FileTest, WhatCommitWroteIsRead) {
  auto file = AtomicFile::Create(folder_ / "a");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Write("hello world").ok());
  ASSERT_TRUE(file->WriteAt(0, "J").ok());
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(*ReadFile(folder_ / "a"), "Jello world");
  EXPECT_EQ(MappedFile::Open(folder_ / "a")->bytes(), "Jello world");
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(FileTest, WithoutCommitNothingIsLeftAndTheOldFileStays) {
  std::ofstream(folder_ / "a") << "old";
  {
    auto file = AtomicFile::Create(folder_ / "a");
    ASSERT_TRUE(file->Write(std::string(3 << 20, 'x')).ok());
  }
  EXPECT_EQ(*ReadFile(folder_ / "a"), "old");
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(FileTest, AMapGivesItsMemoryBackAndStaysReadable) {
  constexpr size_t kBytes = 64 << 20;
  std::ofstream(folder_ / "a") << std::string(kBytes, 'x');
  const auto map = MappedFile::Open(folder_ / "a");
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(std::count(map->bytes().begin(), map->bytes().end(), 'x'), kBytes);
  const uint64_t before = ReadMemoryUse().resident_bytes;
  map->DropPages();
  EXPECT_LT(ReadMemoryUse().resident_bytes + kBytes / 2, before);
  EXPECT_EQ(map->bytes()[kBytes - 1], 'x');
}

// Two files whose modification times are long ago and differ.
class WatchedFileTest : public FileTest {
 protected:
  fs::path Write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    fs::last_write_time(folder_ / name, fs::file_time_type::clock::now() - std::chrono::hours(1));
    return folder_ / name;
  }
};

TEST_F(WatchedFileTest, WritingIntoItIsNoticedAndRenamingOverItIsNot) {
  const fs::path file = Write("a", "hello");
  const auto map = MappedFile::OpenWatched(file);
  ASSERT_TRUE(map.ok());
  EXPECT_TRUE(map->Unchanged().ok());
  fs::rename(Write("b", "other"), file);
  EXPECT_TRUE(map->Unchanged().ok());
  EXPECT_EQ(map->bytes(), "hello");
  const auto second = MappedFile::OpenWatched(file);
  std::fstream(file, std::ios::in | std::ios::out) << "HELLO";
  const Status status = second->Unchanged();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(file.string()));
  EXPECT_TRUE(map->Unchanged().ok());
}

TEST_F(WatchedFileTest, ReadingBeyondACutIsAnError) {
  const fs::path file = Write("a", std::string(10'000, 'x'));
  const auto map = MappedFile::OpenWatched(file);
  std::string bytes(10'000, ' ');
  EXPECT_TRUE(map->ReadAt(0, bytes).ok());
  EXPECT_EQ(bytes, std::string(10'000, 'x'));
  fs::resize_file(file, 100);
  EXPECT_EQ(map->Unchanged().code(), StatusCode::kDataLoss);
  EXPECT_EQ(map->ReadAt(0, bytes).code(), StatusCode::kDataLoss);
  EXPECT_EQ(Sha256File(*map).status().code(), StatusCode::kDataLoss);
}

TEST_F(WatchedFileTest, AMoveTakesEverythingAlong) {
  auto map = MappedFile::OpenWatched(Write("a", "hello"));
  MappedFile moved = *std::move(map);
  MappedFile assigned;
  assigned = std::move(moved);
  EXPECT_EQ(assigned.bytes(), "hello");
  fs::resize_file(folder_ / "a", 1);
  EXPECT_FALSE(assigned.Unchanged().ok());
  EXPECT_TRUE(moved.Unchanged().ok()) << "it holds nothing";
}

TEST_F(WatchedFileTest, AStampIsOfTheFileAndItsState) {
  const fs::path file = Write("a", "hello");
  const auto stamp = StampOf(file);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(StampOf(file), stamp);
  fs::rename(Write("b", "hello"), file);
  EXPECT_NE(StampOf(file), stamp);
  EXPECT_EQ(StampOf(folder_), std::nullopt);
  EXPECT_EQ(StampOf(folder_ / "none"), std::nullopt);
}

TEST_F(FileTest, ErrorsSayWhatAndWhere) {
  EXPECT_EQ(ReadFile(folder_ / "none").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(ReadFile(folder_ / "none").status().message(), HasSubstr("none"));
  EXPECT_EQ(ReadFile(folder_).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(AtomicFile::Create(folder_ / "no" / "a").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(AtomicFile::Create(folder_ / "no" / "a").status().message(),
              HasSubstr("make the folder " + (folder_ / "no").string() + " first"));
  std::ofstream(folder_ / "big") << "12345";
  EXPECT_EQ(ReadFile(folder_ / "big", 4).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(folder_ / "big", 5)->size(), 5U);
}

// Opening a pipe would wait until somebody writes.
TEST_F(FileTest, APipeIsNotMapped) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto mapped = MappedFile::Open(pipe);
  EXPECT_EQ(mapped.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(mapped.status().message(), HasSubstr("expected a file"));
}

TEST_F(FileTest, EmptyFileMapsToNothing) {
  std::ofstream(folder_ / "empty").flush();
  EXPECT_EQ(MappedFile::Open(folder_ / "empty")->bytes(), "");
}

}  // namespace
}  // namespace vetor
