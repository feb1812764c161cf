#include "os/appended_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "os/file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

class AppendedFileTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove(path_); }

  // Opens the file and notes in `found_` what it held.
  Result<AppendedFile> Open() {
    found_.clear();
    return AppendedFile::Open(path_, [this](std::string_view bytes) { found_ += bytes; });
  }

  const TemporaryFolder folder_;
  const fs::path path_ = folder_ / "appended";
  std::string found_;
};

TEST_F(AppendedFileTest, GoesOnWhereTheOneBeforeEnded) {
  const std::string first(3 << 20, 'a');  // It is read in more than one piece.
  {
    auto file = Open();
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    EXPECT_EQ(found_, "");
    EXPECT_TRUE(file->Write(first).ok());
  }
  {
    auto file = Open();
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    EXPECT_EQ(found_, first);
    EXPECT_TRUE(file->Write("b").ok());
    // Another process sees it at once.
    EXPECT_EQ(*ReadFile(path_), first + "b");
  }
}

TEST_F(AppendedFileTest, BeginsAnewAfterClear) {
  auto file = Open();
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  ASSERT_TRUE(file->Write("wrong").ok());
  ASSERT_TRUE(file->Clear().ok());
  ASSERT_TRUE(file->Write("ok").ok());
  EXPECT_EQ(*ReadFile(path_), "ok");
}

TEST_F(AppendedFileTest, AnErrorNamesThePath) {
  fs::create_directory(path_);
  const auto file = Open();
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().message().find(path_.string()), std::string::npos);
}

}  // namespace
}  // namespace vetor
