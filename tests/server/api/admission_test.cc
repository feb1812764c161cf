#include "server/api/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {
namespace {

using ::testing::HasSubstr;

using Clock = Admission::Clock;

/// An admission by a clock that stands until the test moves it.
class AdmissionTest : public ::testing::Test {
 protected:
  // A measured rate: `per_second` of them for some seconds.
  void Learn(Admission* admission, uint64_t per_second) {
    ASSERT_FALSE(admission->Enter(1, now_ + std::chrono::seconds(60)));
    for (int i = 0; i < 100; ++i) {
      now_ += std::chrono::milliseconds(100);
      admission->NoteComputed(static_cast<double>(per_second) / 10);
    }
    admission->Leave(1);
  }
  bool Enters(Admission* admission, uint64_t tokens,
              Clock::duration left = std::chrono::seconds(60)) {
    return !admission->Enter(tokens, now_ + left);
  }
  Clock::time_point now_ = Clock::time_point(std::chrono::hours(1));
  const std::function<Clock::time_point()> clock_ = [this] { return now_; };
};

TEST_F(AdmissionTest, TokensBeyondTheBoundAreRefusedUntilOthersLeave) {
  Admission admission(100, clock_);
  EXPECT_TRUE(Enters(&admission, 60));
  EXPECT_TRUE(Enters(&admission, 40));
  const auto refused = admission.Enter(1, now_ + std::chrono::seconds(60));
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message, HasSubstr("ai.server.queue_tokens is 100"));
  EXPECT_FALSE(refused->retry_after) << "No rate is known.";
  EXPECT_EQ(admission.load().requests, 2U);
  EXPECT_EQ(admission.load().refused, 1U);
  admission.Leave(60);
  EXPECT_TRUE(Enters(&admission, 1));
  EXPECT_EQ(admission.load().tokens, 41U);
}

TEST_F(AdmissionTest, ARequestLargerThanTheBoundIsTakenAloneAndLeavesRoomForSmallOnes) {
  Admission admission(100, clock_);
  EXPECT_TRUE(Enters(&admission, 1000));
  EXPECT_TRUE(Enters(&admission, 6));
  EXPECT_FALSE(Enters(&admission, 1000)) << "The number of such requests has a bound.";
  EXPECT_FALSE(Enters(&admission, 90));
  EXPECT_TRUE(Enters(&admission, 4));
  EXPECT_FALSE(Enters(&admission, 1)) << "What is left beside it has a bound.";
  admission.Leave(1000);
  EXPECT_TRUE(Enters(&admission, 90));
  EXPECT_EQ(admission.load().tokens, 100U);
}

TEST_F(AdmissionTest, WhatWouldEndAfterItsDeadlineIsRefused) {
  Admission admission(1'000'000, clock_);
  EXPECT_TRUE(Enters(&admission, 900'000, std::chrono::seconds(1)))
      << "Nothing is assumed before a measurement.";
  admission.Leave(900'000);
  Learn(&admission, 1000);
  // In 10 s, 1000 tokens per second fill 8000 by kShareOfTime.
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(Enters(&admission, 1100, std::chrono::seconds(10))) << i;
  const auto refused = admission.Enter(1100, now_ + std::chrono::seconds(10));
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message, HasSubstr("ai.server.request_timeout_ms"));
  EXPECT_TRUE(Enters(&admission, 1100, std::chrono::seconds(20))) << "It has more time.";
}

TEST_F(AdmissionTest, TheOnlyRequestIsTakenWhateverTheRateIs) {
  Admission admission(1'000'000, clock_);
  Learn(&admission, 10);
  EXPECT_TRUE(Enters(&admission, 5000, std::chrono::milliseconds(1)));
  EXPECT_FALSE(Enters(&admission, 1, std::chrono::milliseconds(1)));
}

TEST_F(AdmissionTest, ALargeRequestThatCannotEndInTimeLeavesRoomForSmallOnes) {
  Admission admission(1'000'000, clock_);
  EXPECT_TRUE(Enters(&admission, 900'000, std::chrono::seconds(10)));
  now_ += std::chrono::seconds(1);
  admission.NoteComputed(1000);
  // About 8000 tokens are computed in the time of another request, of which a tenth is left.
  EXPECT_TRUE(Enters(&admission, 500, std::chrono::seconds(10)));
  EXPECT_FALSE(Enters(&admission, 5000, std::chrono::seconds(10)));
}

TEST_F(AdmissionTest, TheRateIsLearnedFromWorkAndNotFromIdleTime) {
  Admission admission(1'000'000, clock_);
  EXPECT_EQ(admission.load().tokens_per_second, 0);
  Learn(&admission, 1000);
  now_ += std::chrono::hours(1);
  EXPECT_TRUE(Enters(&admission, 1));
  EXPECT_NEAR(admission.load().tokens_per_second, 1000, 50);
}

TEST_F(AdmissionTest, ARefusedClientIsToldWhenTheTokensBeforeItAreComputed) {
  Admission admission(10'000, clock_);
  Learn(&admission, 1000);
  EXPECT_TRUE(Enters(&admission, 6000));
  EXPECT_TRUE(Enters(&admission, 3000));
  const auto wait = [&](uint64_t tokens) {
    return admission.Enter(tokens, now_ + std::chrono::seconds(60)).value().retry_after.value() /
           std::chrono::duration<double, std::milli>(1);
  };
  EXPECT_NEAR(wait(3000), 2000, 100);
  EXPECT_NEAR(wait(1'000'000), 9000, 500) << "It will be the only one then.";
  EXPECT_EQ(wait(1001), 100) << "That is kLeastWait.";
}

TEST(Admission, TokensAreEstimatedFromBytesUpToTheModelsMaximum) {
  const std::string text(400, 'a');
  const std::vector<std::string_view> texts{"", text};
  EXPECT_EQ(EstimateTokens(texts, 0), 3U + 103U);
  EXPECT_EQ(EstimateTokens(texts, 48), 3U + 48U);
}

}  // namespace
}  // namespace vetor
