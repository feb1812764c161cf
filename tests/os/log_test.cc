#include "os/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

namespace vetor {
namespace {

// If a process was forked while another thread wrote a line, the log's mutex stayed locked in the
// child for ever.
TEST(LogTest, AChildForkedWhileAnotherThreadLogsCanLog) {
  const int saved = ::dup(STDERR_FILENO);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ASSERT_GE(nowhere, 0);
  ::dup2(nowhere, STDERR_FILENO);
  ASSERT_TRUE(LogEnabled(LogLevel::kError));  // The first use makes the log, before any fork.
  std::atomic<bool> done = false;
  std::thread other([&] {
    const std::string line(200'000, 'x');
    while (!done) LogMessage(LogLevel::kError, line);
  });
  int hung = 0;
  for (int i = 0; i < 100; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // This signal ends a child that hangs.
      LogMessage(LogLevel::kError, "from the child");
      ::_exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
      ++hung;
      break;
    }
  }
  done = true;
  other.join();
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(nowhere);
  EXPECT_EQ(hung, 0);
}

}  // namespace
}  // namespace vetor
