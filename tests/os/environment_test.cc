#include "os/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace vetor {
namespace {

TEST(EnvironmentVariables, ThoseOfThePrefixSorted) {
  ASSERT_EQ(setenv("VETOR_TEST_B", "x=y", 1), 0);
  ASSERT_EQ(setenv("VETOR_TEST_A", "", 1), 0);
  EXPECT_THAT(EnvironmentVariables("VETOR_TEST_"),
              ::testing::ElementsAre(std::pair<std::string, std::string>("VETOR_TEST_A", ""),
                                     std::pair<std::string, std::string>("VETOR_TEST_B", "x=y")));
  unsetenv("VETOR_TEST_A");
  unsetenv("VETOR_TEST_B");
  EXPECT_THAT(EnvironmentVariables("VETOR_TEST_"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace vetor
