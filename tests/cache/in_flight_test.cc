#include "cache/in_flight.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <latch>
#include <thread>

#include "base/thread_annotations.h"

namespace vetor {
namespace {

constexpr size_t kDim = 3;

CacheKey KeyOf(int number) { return CacheKeyer("test").Key(std::to_string(number)); }

std::array<float, kDim> VectorOf(int number) {
  const auto base = static_cast<float>(number);
  return {base, base + 0.25F, base + 0.5F};
}

Result<std::vector<size_t>> WaitWithout(InFlightClaims* claims, std::span<float> out) {
  return claims->Wait(out, std::stop_token(), std::nullopt);
}

TEST(InFlightTest, TheFirstLeadsTheSecondFollowsAndGetsTheVector) {
  InFlight in_flight(kDim);
  const std::vector<CacheKey> keys = {KeyOf(1), KeyOf(2)};
  InFlightClaims first = in_flight.Claim(keys);
  InFlightClaims second = in_flight.Claim(keys);
  EXPECT_EQ(first.led(), (std::vector<size_t>{0, 1}));
  EXPECT_TRUE(second.led().empty());
  EXPECT_EQ(second.followed(), 2U);
  EXPECT_EQ(in_flight.size(), 2U);

  first.Publish(0, VectorOf(1));
  first.Publish(1, VectorOf(2));
  std::vector<float> out(2 * kDim);
  const auto more = WaitWithout(&second, out);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->empty());
  EXPECT_EQ(out, (std::vector<float>{1, 1.25, 1.5, 2, 2.25, 2.5}));
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, ACopyWithinOneCallFollowsTheFirst) {
  InFlight in_flight(kDim);
  InFlightClaims claims = in_flight.Claim(std::vector<CacheKey>{KeyOf(1), KeyOf(1)});
  EXPECT_EQ(claims.led(), std::vector<size_t>{0});
  claims.Publish(0, VectorOf(1));
  std::vector<float> out(2 * kDim);
  ASSERT_TRUE(WaitWithout(&claims, out).ok());
  EXPECT_EQ(out[3], 1.0F);
}

TEST(InFlightTest, AFollowerTakesOverWhatTheLeaderAbandons) {
  InFlight in_flight(kDim);
  std::optional<InFlightClaims> leader(in_flight.Claim(std::vector<CacheKey>{KeyOf(1), KeyOf(2)}));
  InFlightClaims second = in_flight.Claim(std::vector<CacheKey>{KeyOf(2), KeyOf(1)});
  InFlightClaims third = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  leader->Publish(0, VectorOf(1));
  leader.reset();  // Fails before it has the vector of 2.

  std::vector<float> out(2 * kDim);
  auto more = WaitWithout(&second, out);
  ASSERT_TRUE(more.ok());
  ASSERT_EQ(*more, std::vector<size_t>{0});
  second.Publish(0, VectorOf(2));
  more = WaitWithout(&second, out);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->empty());
  EXPECT_EQ(out[kDim], 1.0F) << "the row published before the takeover";
  ASSERT_TRUE(WaitWithout(&third, out).ok());
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, ANewcomerLeadsWhatIsAbandonedAndTheWaitingGetItsVector) {
  InFlight in_flight(kDim);
  std::optional<InFlightClaims> leader(in_flight.Claim(std::vector<CacheKey>{KeyOf(1)}));
  InFlightClaims waiting = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  leader.reset();
  InFlightClaims newcomer = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  ASSERT_EQ(newcomer.led(), std::vector<size_t>{0});
  newcomer.Publish(0, VectorOf(7));
  std::vector<float> out(kDim);
  const auto more = WaitWithout(&waiting, out);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->empty());
  EXPECT_EQ(out[0], 7.0F);
}

TEST(InFlightTest, WaitEndsAtTheDeadlineAndOnStop) {
  InFlight in_flight(kDim);
  InFlightClaims leader = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  InFlightClaims follower = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  std::vector<float> out(kDim);
  const auto late =
      follower.Wait(out, std::stop_token(), std::chrono::steady_clock::time_point::min());
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.status().code(), StatusCode::kDeadlineExceeded);

  std::stop_source source;
  std::thread stopper([&source] { source.request_stop(); });
  const auto stopped = follower.Wait(out, source.get_token(), std::nullopt);
  stopper.join();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.status().code(), StatusCode::kCancelled);
}

TEST(InFlightTest, AFollowerThatLeavesIsNotWaitedFor) {
  InFlight in_flight(kDim);
  std::optional<InFlightClaims> leader(in_flight.Claim(std::vector<CacheKey>{KeyOf(1)}));
  std::optional<InFlightClaims> follower(in_flight.Claim(std::vector<CacheKey>{KeyOf(1)}));
  leader.reset();
  follower.reset();
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, SixtyFourThreadsComputeOneTextOnce) {
  constexpr int kThreads = 64;
  InFlight in_flight(kDim);
  std::atomic<int> computed{0};
  std::atomic<int> right{0};
  std::barrier claimed(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      InFlightClaims claims = in_flight.Claim(std::vector<CacheKey>{KeyOf(5)});
      claimed.arrive_and_wait();
      std::vector<float> out(kDim);
      if (!claims.led().empty()) {
        computed.fetch_add(1);
        claims.Publish(0, VectorOf(5));
        right.fetch_add(1);
        return;
      }
      const auto more = WaitWithout(&claims, out);
      if (more.ok() && more->empty() && out[0] == 5.0F && out[2] == 5.5F) right.fetch_add(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(computed.load(), 1);
  EXPECT_EQ(right.load(), kThreads);
}

// Calls lead some keys and follow others in a ring (call t wants t and t+1); every third leader
// gives up at first. All must end with right rows.
TEST(InFlightTest, CallsThatLeadAndFollowEachOtherEnd) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 200;
  InFlight in_flight(kDim);
  std::atomic<int> wrong{0};
  std::barrier round_start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        round_start.arrive_and_wait();
        const std::array<int, 2> wanted = {t, (t + 1) % kThreads};
        InFlightClaims claims =
            in_flight.Claim(std::vector<CacheKey>{KeyOf(wanted[0]), KeyOf(wanted[1])});
        std::vector<float> out(2 * kDim);
        std::vector<size_t> led = claims.led();
        if ((t + round) % 3 == 0) {
          for (const size_t i : led) claims.Abandon(i);
          continue;
        }
        while (true) {
          for (const size_t i : led) {
            const auto vector = VectorOf(wanted[i]);
            std::copy(vector.begin(), vector.end(), out.begin() + i * kDim);
            claims.Publish(i, vector);
          }
          const auto more = WaitWithout(&claims, out);
          if (!more.ok() || more->empty()) break;
          led = *more;
        }
        for (size_t i = 0; i < 2; ++i) {
          if (out[i * kDim] != static_cast<float>(wanted[i])) wrong.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, WhatACallStillLeadsWhenItWaitsIsAbandoned) {
  InFlight in_flight(kDim);
  InFlightClaims first = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  InFlightClaims second = in_flight.Claim(std::vector<CacheKey>{KeyOf(1)});
  std::vector<float> out(kDim);
  ASSERT_TRUE(WaitWithout(&first, out).ok());
  const auto more = WaitWithout(&second, out);
  ASSERT_TRUE(more.ok());
  EXPECT_EQ(*more, std::vector<size_t>{0});
}

}  // namespace
}  // namespace vetor
