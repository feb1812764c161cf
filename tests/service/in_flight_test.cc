#include "service/in_flight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <latch>
#include <thread>

#include "base/thread_annotations.h"

namespace vetor {
namespace {

CacheKey KeyOf(int number) { return CacheKeyer("test").Key(std::to_string(number)); }

std::vector<TextJob> JobsOf(std::initializer_list<int> numbers) {
  std::vector<TextJob> jobs;
  for (const int number : numbers) jobs.push_back({.row = 0, .key = KeyOf(number), .record = {}});
  return jobs;
}

// Records differ in size.
Record RecordOf(int number) {
  const std::vector<uint8_t> payload(static_cast<size_t>(number % 5 + 1),
                                     static_cast<uint8_t>(number));
  return CopyRecord({.info = {.tokens = static_cast<uint32_t>(number)},
                     .payload = {.bytes = payload, .owner = nullptr}});
}

bool IsRecordOf(const Record& record, int number) {
  const Record expected = RecordOf(number);
  return record.info.tokens == expected.info.tokens &&
         std::equal(record.payload.begin(), record.payload.end(), expected.payload.begin(),
                    expected.payload.end());
}

void Publish(InFlightClaims* claims, TextJob* job, int number) {
  job->record = RecordOf(number);
  claims->Publish(job);
}

// The places that the jobs have in their call.
std::vector<size_t> PlacesOf(const std::vector<TextJob*>& led, const std::vector<TextJob>& jobs) {
  std::vector<size_t> places;
  for (const TextJob* job : led) places.push_back(static_cast<size_t>(job - jobs.data()));
  return places;
}

Result<std::vector<TextJob*>> WaitWithout(InFlightClaims* claims) {
  return claims->Wait(std::stop_token(), std::nullopt);
}

TEST(InFlightTest, TheFirstLeadsTheSecondFollowsAndGetsTheRecord) {
  InFlight in_flight;
  std::vector<TextJob> of_first = JobsOf({1, 2});
  std::vector<TextJob> of_second = JobsOf({1, 2});
  InFlightClaims first = in_flight.Claim(of_first);
  InFlightClaims second = in_flight.Claim(of_second);
  EXPECT_EQ(PlacesOf(first.led(), of_first), (std::vector<size_t>{0, 1}));
  EXPECT_TRUE(second.led().empty());
  EXPECT_EQ(second.followed(), 2U);
  EXPECT_EQ(in_flight.size(), 2U);

  Publish(&first, &of_first[0], 1);
  Publish(&first, &of_first[1], 2);
  const auto more = WaitWithout(&second);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->empty());
  EXPECT_TRUE(IsRecordOf(of_second[0].record, 1));
  EXPECT_TRUE(IsRecordOf(of_second[1].record, 2));
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, ACopyWithinOneCallFollowsTheFirst) {
  InFlight in_flight;
  std::vector<TextJob> jobs = JobsOf({1, 1});
  InFlightClaims claims = in_flight.Claim(jobs);
  EXPECT_EQ(PlacesOf(claims.led(), jobs), std::vector<size_t>{0});
  Publish(&claims, &jobs[0], 1);
  ASSERT_TRUE(WaitWithout(&claims).ok());
  EXPECT_TRUE(IsRecordOf(jobs[1].record, 1));
}

TEST(InFlightTest, AFollowerTakesOverWhatTheLeaderAbandons) {
  InFlight in_flight;
  std::vector<TextJob> of_leader = JobsOf({1, 2});
  std::vector<TextJob> of_second = JobsOf({2, 1});
  std::vector<TextJob> of_third = JobsOf({1});
  std::optional<InFlightClaims> leader(in_flight.Claim(of_leader));
  InFlightClaims second = in_flight.Claim(of_second);
  InFlightClaims third = in_flight.Claim(of_third);
  Publish(&*leader, &of_leader[0], 1);
  leader.reset();  // The call fails before it has the record of 2.

  auto more = WaitWithout(&second);
  ASSERT_TRUE(more.ok());
  ASSERT_EQ(PlacesOf(*more, of_second), std::vector<size_t>{0});
  Publish(&second, (*more)[0], 2);
  more = WaitWithout(&second);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->empty());
  EXPECT_TRUE(IsRecordOf(of_second[1].record, 1)) << "the row published before the takeover";
  ASSERT_TRUE(WaitWithout(&third).ok());
  EXPECT_TRUE(IsRecordOf(of_third[0].record, 1));
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, ANewcomerLeadsWhatIsAbandonedAndTheWaitingGetItsRecord) {
  InFlight in_flight;
  std::vector<TextJob> of_leader = JobsOf({1});
  std::vector<TextJob> of_waiting = JobsOf({1});
  std::vector<TextJob> of_newcomer = JobsOf({1});
  std::optional<InFlightClaims> leader(in_flight.Claim(of_leader));
  InFlightClaims waiting = in_flight.Claim(of_waiting);
  leader.reset();
  InFlightClaims newcomer = in_flight.Claim(of_newcomer);
  ASSERT_EQ(PlacesOf(newcomer.led(), of_newcomer), std::vector<size_t>{0});
  Publish(&newcomer, &of_newcomer[0], 7);
  const auto more = WaitWithout(&waiting);
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->empty());
  EXPECT_TRUE(IsRecordOf(of_waiting[0].record, 7));
}

TEST(InFlightTest, WaitEndsAtTheDeadlineAndOnStop) {
  InFlight in_flight;
  std::vector<TextJob> of_leader = JobsOf({1});
  std::vector<TextJob> of_follower = JobsOf({1});
  InFlightClaims leader = in_flight.Claim(of_leader);
  InFlightClaims follower = in_flight.Claim(of_follower);
  const auto late = follower.Wait(std::stop_token(), std::chrono::steady_clock::time_point::min());
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.status().code(), StatusCode::kDeadlineExceeded);

  std::stop_source source;
  std::thread stopper([&source] { source.request_stop(); });
  const auto stopped = follower.Wait(source.get_token(), std::nullopt);
  stopper.join();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.status().code(), StatusCode::kCancelled);
}

TEST(InFlightTest, AFollowerThatLeavesIsNotWaitedFor) {
  InFlight in_flight;
  std::vector<TextJob> of_leader = JobsOf({1});
  std::vector<TextJob> of_follower = JobsOf({1});
  std::optional<InFlightClaims> leader(in_flight.Claim(of_leader));
  std::optional<InFlightClaims> follower(in_flight.Claim(of_follower));
  leader.reset();
  follower.reset();
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, SixtyFourThreadsComputeOneTextOnce) {
  constexpr int kThreads = 64;
  InFlight in_flight;
  std::atomic<int> computed{0};
  std::atomic<int> right{0};
  std::barrier claimed(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      std::vector<TextJob> jobs = JobsOf({5});
      InFlightClaims claims = in_flight.Claim(jobs);
      claimed.arrive_and_wait();
      if (!claims.led().empty()) {
        computed.fetch_add(1);
        Publish(&claims, &jobs[0], 5);
        right.fetch_add(1);
        return;
      }
      const auto more = WaitWithout(&claims);
      if (more.ok() && more->empty() && IsRecordOf(jobs[0].record, 5)) right.fetch_add(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(computed.load(), 1);
  EXPECT_EQ(right.load(), kThreads);
}

// Calls lead some keys and follow others in a ring: call t wants t and t+1, and every third leader
// gives up at first. All must end with the right rows.
TEST(InFlightTest, CallsThatLeadAndFollowEachOtherEnd) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 200;
  InFlight in_flight;
  std::atomic<int> wrong{0};
  std::barrier round_start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        round_start.arrive_and_wait();
        const std::array<int, 2> wanted = {t, (t + 1) % kThreads};
        std::vector<TextJob> jobs = JobsOf({wanted[0], wanted[1]});
        InFlightClaims claims = in_flight.Claim(jobs);
        std::vector<TextJob*> led = claims.led();
        if ((t + round) % 3 == 0) {
          for (const TextJob* job : led) claims.Abandon(job);
          continue;
        }
        while (true) {
          for (TextJob* job : led) {
            Publish(&claims, job, wanted[static_cast<size_t>(job - jobs.data())]);
          }
          const auto more = WaitWithout(&claims);
          if (!more.ok() || more->empty()) break;
          led = *more;
        }
        for (size_t i = 0; i < 2; ++i) {
          if (!IsRecordOf(jobs[i].record, wanted[i])) wrong.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(in_flight.size(), 0U);
}

TEST(InFlightTest, WhatACallStillLeadsWhenItWaitsIsAbandoned) {
  InFlight in_flight;
  std::vector<TextJob> of_first = JobsOf({1});
  std::vector<TextJob> of_second = JobsOf({1});
  InFlightClaims first = in_flight.Claim(of_first);
  InFlightClaims second = in_flight.Claim(of_second);
  ASSERT_TRUE(WaitWithout(&first).ok());
  const auto more = WaitWithout(&second);
  ASSERT_TRUE(more.ok());
  EXPECT_EQ(PlacesOf(*more, of_second), std::vector<size_t>{0});
}

}  // namespace
}  // namespace vetor
