#include "cli/streams/byte_stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/cli/folder_fixture.h"

namespace vetor::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ByteStreamTest : public FolderFixture {};

TEST_F(ByteStreamTest, AFileAppearsInCommit) {
  auto output = OutputStream::Open(Path("a"));
  ASSERT_TRUE(output.ok());
  ASSERT_TRUE(output->Write("hello").ok());
  EXPECT_FALSE(fs::exists(Path("a")));
  ASSERT_TRUE(output->Commit().ok());
  EXPECT_EQ(ReadBytes(Path("a")), "hello");
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(ByteStreamTest, RemoveUnfinishedLeavesNothing) {
  auto output = OutputStream::Open(Path("a"));
  ASSERT_TRUE(output->Write(std::string(3 << 20, 'x')).ok());
  ASSERT_EQ(FilesInFolder(), 1U);
  OutputStream::RemoveUnfinished();
  EXPECT_EQ(FilesInFolder(), 0U);
}

TEST_F(ByteStreamTest, ALinkIsWrittenThrough) {
  WriteFile("target", "old");
  fs::create_symlink(Path("target"), Path("link"));
  auto output = OutputStream::Open(Path("link"));
  ASSERT_TRUE(output->Write("new").ok());
  ASSERT_TRUE(output->Commit().ok());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(ReadBytes(Path("target")), "new");
}

TEST(OutputStreamTest, ADeviceIsWrittenAndNotReplaced) {
  auto output = OutputStream::Open("/dev/null");
  ASSERT_TRUE(output.ok());
  EXPECT_FALSE(output->can_rewrite());
  ASSERT_TRUE(output->Write("x").ok());
  ASSERT_TRUE(output->Commit().ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(OutputStreamTest, AFullDiskIsResourceExhausted) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto output = OutputStream::Open("/dev/full");
  ASSERT_TRUE(output->Write("x").ok());
  const Status status = output->Commit();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("/dev/full"));
}

// The program that gave us the pipe may have made it non-blocking; its reader is only slow.
TEST(OutputStreamTest, APipeThatIsFullIsWaitedFor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  constexpr size_t kBytes = 1 << 20;  // A pipe holds 64 KiB.
  size_t read = 0;
  std::thread reader([&] {
    std::array<char, 4096> bytes{};
    ssize_t n = 0;
    while ((n = ::read(ends[0], bytes.data(), bytes.size())) > 0) read += static_cast<size_t>(n);
  });
  const int standard_output = ::dup(STDOUT_FILENO);
  ::dup2(ends[1], STDOUT_FILENO);
  auto output = OutputStream::Open("-");
  const Status written = output->Write(std::string(kBytes, 'x'));
  const Status committed = output->Commit();
  ::dup2(standard_output, STDOUT_FILENO);
  ::close(standard_output);
  ::close(ends[1]);
  EXPECT_TRUE(written.ok()) << written.ToString();
  EXPECT_TRUE(committed.ok()) << committed.ToString();
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(read, kBytes);
}

TEST(OutputStreamTest, AMissingFolderIsNamed) {
  const auto output = OutputStream::Open("/no/such/folder/a.npy");
  EXPECT_EQ(output.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(output.status().message(), HasSubstr("/no/such/folder/a.npy"));
}

TEST_F(ByteStreamTest, ReadGivesWayToTheInterrupt) {
  int waiting[2];
  int wake[2];
  ASSERT_EQ(::pipe(waiting), 0);
  ASSERT_EQ(::pipe(wake), 0);
  auto input = InputStream::Open("/dev/fd/" + std::to_string(waiting[0]), wake[0]);
  ASSERT_TRUE(input.ok());
  ASSERT_EQ(::write(wake[1], "", 1), 1);
  std::string bytes;
  EXPECT_EQ(input->Read(100, &bytes).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(bytes, "");
  for (const int fd : {waiting[0], waiting[1], wake[0], wake[1]}) ::close(fd);
}

}  // namespace
}  // namespace vetor::cli
