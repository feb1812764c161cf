#include "os/disk_space.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace vetor {
namespace {

TEST(DiskSpaceTest, SaysWhatTheSystemSays) {
  const Result<uint64_t> bytes = FreeDiskBytes(::testing::TempDir());
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  const std::filesystem::space_info info = std::filesystem::space(::testing::TempDir());
  EXPECT_LE(*bytes, info.capacity);
  // Other programs write meanwhile, so the values agree within a gigabyte and not to the byte.
  const auto difference = static_cast<int64_t>(*bytes) - static_cast<int64_t>(info.available);
  EXPECT_LT(difference < 0 ? -difference : difference, 1LL << 30);
}

TEST(DiskSpaceTest, MissingPathIsAnErrorThatNamesIt) {
  const Result<uint64_t> bytes = FreeDiskBytes("/no/such/folder");
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.status().code(), StatusCode::kNotFound);
  EXPECT_NE(bytes.status().message().find("/no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace vetor
