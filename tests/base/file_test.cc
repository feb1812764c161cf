#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/cpu.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  size_t FilesInFolder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  fs::path folder_;
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

TEST_F(FileTest, ErrorsSayWhatAndWhere) {
  EXPECT_EQ(ReadFile(folder_ / "none").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(ReadFile(folder_ / "none").status().message(), HasSubstr("none"));
  EXPECT_EQ(ReadFile(folder_).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(AtomicFile::Create(folder_ / "no" / "a").status().code(), StatusCode::kNotFound);
  std::ofstream(folder_ / "big") << "12345";
  EXPECT_EQ(ReadFile(folder_ / "big", 4).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(folder_ / "big", 5)->size(), 5U);
}

TEST_F(FileTest, EmptyFileMapsToNothing) {
  std::ofstream(folder_ / "empty").flush();
  EXPECT_EQ(MappedFile::Open(folder_ / "empty")->bytes(), "");
}

}  // namespace
}  // namespace vetor
