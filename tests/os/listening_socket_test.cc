#include "os/listening_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/descriptor_limit.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

TEST(ListeningSocketTest, PortZeroIsAFreePort) {
  auto socket = ListeningSocket::OnPort("127.0.0.1", 0);
  ASSERT_TRUE(socket.ok()) << socket.status().message();
  EXPECT_GT(socket->port(), 0);
  EXPECT_FALSE(socket->is_unix());
  EXPECT_EQ(socket->address(), "127.0.0.1:" + std::to_string(socket->port()));
}

TEST(ListeningSocketTest, AnAddressThatIsTakenIsUnavailable) {
  auto first = ListeningSocket::OnPort("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const Status second = ListeningSocket::OnPort("127.0.0.1", first->port()).status();
  EXPECT_EQ(second.code(), StatusCode::kUnavailable);
  EXPECT_NE(second.message().find(first->address()), std::string::npos) << second.message();
}

TEST(ListeningSocketTest, AHostWithoutAnAddressIsRefusedByItsSetting) {
  const Status status = ListeningSocket::OnPort("not a host", 0).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("ai.server.host"), std::string::npos) << status.message();
}

TEST(ListeningSocketTest, AnAddressOfIPv6HasBrackets) {
  auto socket = ListeningSocket::OnPort("[::1]", 0);
  if (!socket.ok()) GTEST_SKIP() << socket.status().message();
  EXPECT_EQ(socket->address(), "[::1]:" + std::to_string(socket->port()));
}

TEST(ListeningSocketTest, ANameIsAnAddressOfIPv4IfItHasOne) {
  auto socket = ListeningSocket::OnPort("localhost", 0);
  ASSERT_TRUE(socket.ok()) << socket.status().message();
  EXPECT_TRUE(socket->address().starts_with("127.0.0.1:")) << socket->address();
}

TEST(ListeningSocketTest, AnAddressThatOnlyThisMachineReachesSaysSo) {
  EXPECT_EQ(ListeningSocket::OnPort("127.0.0.1", 0)->loopback_host(), "127.0.0.1");
  EXPECT_EQ(ListeningSocket::OnPort("127.0.0.2", 0)->loopback_host(), "127.0.0.2");
  EXPECT_EQ(ListeningSocket::OnPort("localhost", 0)->loopback_host(), "127.0.0.1");
  EXPECT_EQ(ListeningSocket::OnPort("0.0.0.0", 0)->loopback_host(), "");
  const auto six = ListeningSocket::OnPort("::1", 0);
  if (six.ok()) {
    EXPECT_EQ(six->loopback_host(), "[::1]");
  }
}

TEST(ListeningSocketTest, OwnerAndGroupMayUseAPathAndItGoesWithItsSocket) {
  const TemporaryFolder folder;
  const std::string path = (folder / "socket").string();
  {
    auto socket = ListeningSocket::OnPath(path);
    ASSERT_TRUE(socket.ok()) << socket.status().message();
    EXPECT_TRUE(socket->is_unix());
    EXPECT_EQ(socket->address(), path);
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777u, 0660u);
    EXPECT_EQ(ListeningSocket::OnPath(path).status().code(), StatusCode::kUnavailable);
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListeningSocketTest, TheFileOfASocketThatNobodyServesIsReplaced) {
  const TemporaryFolder folder;
  const std::string path = (folder / "socket").string();
  {
    auto socket = ListeningSocket::OnPath(path);
    ASSERT_TRUE(socket.ok());
    // As a process that was killed leaves it: the name stays, nobody listens.
    std::filesystem::rename(path, path + ".kept");
    ::close(socket->Release());
  }
  std::filesystem::rename(path + ".kept", path);
  EXPECT_TRUE(ListeningSocket::OnPath(path).ok());
}

TEST(ListeningSocketTest, AFileThatIsNotASocketIsLeftAlone) {
  const TemporaryFolder folder;
  const std::string path = (folder / "socket").string();
  std::ofstream(path) << "precious";
  EXPECT_EQ(ListeningSocket::OnPath(path).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
  std::filesystem::remove(path);
}

TEST(ListeningSocketTest, APathThatIsTooLongIsSaid) {
  const Status status = ListeningSocket::OnPath(std::string(200, 'a')).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("200"), std::string::npos) << status.message();
}

/// Runs in a child process, because descriptor 3 belongs to the test program: 0 is right.
template <typename Check>
int InChild(Check check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ListeningSocketTest, SocketsOfTheServiceManagerAreTakenOnce) {
  const int wrong = InChild([] {
    auto made = ListeningSocket::OnPort("127.0.0.1", 0);
    if (!made.ok()) return 1;
    const uint16_t port = made->port();
    const int fd = made->Release();
    if (fd != 3 && ::dup2(fd, 3) != 3) return 2;
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    auto sockets = ListeningSocket::Inherited();
    if (!sockets.ok() || sockets->size() != 1) return 3;
    if (sockets->front().port() != port) return 4;
    if ((::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0) return 5;
    if (::getenv("LISTEN_FDS") != nullptr) return 6;
    auto again = ListeningSocket::Inherited();
    return again.ok() && again->empty() ? 0 : 7;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ListeningSocketTest, SocketsForAnotherProcessAreNotTaken) {
  const int wrong = InChild([] {
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    auto sockets = ListeningSocket::Inherited();
    return sockets.ok() && sockets->empty() ? 0 : 1;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ListeningSocketTest, ADescriptorThatDoesNotListenIsRefused) {
  const int wrong = InChild([] {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd != 3 && ::dup2(fd, 3) != 3) return 1;
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    return ListeningSocket::Inherited().status().code() == StatusCode::kInvalidArgument ? 0 : 2;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(DescriptorLimitTest, TheLimitIsAtLeastWhatPosixGives) {
  const uint64_t limit = RaiseDescriptorLimit();
  EXPECT_GE(limit, 20u);
  EXPECT_EQ(RaiseDescriptorLimit(), limit);
}

}  // namespace
}  // namespace vetor
