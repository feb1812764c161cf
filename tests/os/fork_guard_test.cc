#include "os/fork_guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vetor {
namespace {

TEST(ForkGuardTest, TrueOnlyInAChildOfTheProcessThatMadeIt) {
  const ForkGuard guard;
  EXPECT_FALSE(guard.InChild());
  const pid_t child = ::fork();
  if (child == 0) {
    // A guard made in the child belongs to the child.
    const ForkGuard own;
    ::_exit(guard.InChild() && !own.InChild() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_FALSE(guard.InChild());
}

}  // namespace
}  // namespace vetor
