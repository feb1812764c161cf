#include "kernels/core_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

namespace vetor {
namespace {

TEST(CoreTeamTest, EachIndexOfEachStepOnce) {
  CoreTeam team(3);
  CoreTeam::Session session(&team);
  ASSERT_TRUE(session.entered());
  std::vector<int> values(97);
  for (size_t count = 1; count <= values.size(); ++count) {
    // The next step reads what one step wrote, whichever thread does its parts.
    auto work = [&](size_t member, size_t first, size_t last) {
      ASSERT_LT(member, 3U);
      for (size_t i = first; i < last; ++i) ++values[i];
    };
    session.Run(count, work);
    const int sum = std::accumulate(values.begin(), values.end(), 0);
    ASSERT_EQ(static_cast<size_t>(sum), count * (count + 1) / 2);
  }
}

TEST(CoreTeamTest, SessionsMayFollowOneAnother) {
  CoreTeam team(2);
  size_t total = 0;
  for (int i = 0; i < 300; ++i) {
    CoreTeam::Session session(&team);
    std::vector<size_t> parts(8);
    auto work = [&](size_t, size_t first, size_t last) {
      for (size_t p = first; p < last; ++p) parts[p] = p;
    };
    for (int step = 0; step < 5; ++step) session.Run(parts.size(), work);
    total += std::accumulate(parts.begin(), parts.end(), size_t{0});
  }
  EXPECT_EQ(total, 300U * 28);
}

TEST(CoreTeamTest, OneComputationAtATime) {
  CoreTeam team(2);
  CoreTeam::Session first(&team);
  CoreTeam::Session second(&team);
  EXPECT_TRUE(first.entered());
  EXPECT_FALSE(second.entered());
  size_t done = 0;
  auto work = [&](size_t member, size_t begin, size_t end) {
    EXPECT_EQ(member, 0U);
    done += end - begin;
  };
  second.Run(5, work);  // It runs on its own thread alone.
  EXPECT_EQ(done, 5U);
}

TEST(CoreTeamTest, WithoutATeamTheCallerComputesAlone) {
  CoreTeam::Session none(nullptr);
  EXPECT_EQ(none.members(), 1U);
  CoreTeam alone(1);
  CoreTeam::Session one(&alone);
  EXPECT_FALSE(one.entered());
}

TEST(CoreTeamTest, CallersMayComeFromSeveralThreads) {
  CoreTeam team(2);
  std::atomic<size_t> done = 0;
  std::vector<std::jthread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        CoreTeam::Session session(&team);
        auto work = [&](size_t, size_t first, size_t last) { done += last - first; };
        session.Run(10, work);
      }
    });
  }
  callers.clear();
  EXPECT_EQ(done, 2000U);
}

}  // namespace
}  // namespace vetor
