#include "server/api/work_rate.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

using Seconds = WorkRate::Seconds;

void Work(double seconds, double per_second, WorkRate* rate) {
  constexpr double kStep = 0.05;
  for (double done = 0; done < seconds; done += kStep) {
    rate->AddTime(Seconds(kStep));
    rate->AddDone(kStep * per_second);
  }
}

TEST(WorkRate, NothingIsAssumedBeforeTheFirstMeasurement) {
  WorkRate rate;
  EXPECT_FALSE(rate.per_second());
  rate.AddTime(WorkRate::kLeastWork);
  EXPECT_FALSE(rate.per_second()) << "Nothing was done yet.";
  rate.AddDone(100);
  EXPECT_NEAR(rate.per_second().value(), 400, 40);
  WorkRate short_one;
  short_one.AddTime(WorkRate::kLeastWork / 2);
  short_one.AddDone(100);
  EXPECT_FALSE(short_one.per_second()) << "A moment says nothing.";
}

TEST(WorkRate, AChangedRateIsFollowedWithinSeconds) {
  WorkRate rate;
  Work(10, 4000, &rate);
  EXPECT_NEAR(rate.per_second().value(), 4000, 200);
  Work(6, 1000, &rate);
  EXPECT_NEAR(rate.per_second().value(), 1000, 250);
}

TEST(WorkRate, OneLongStepCountsAsManyShortOnes) {
  WorkRate steps, one;
  Work(3, 1000, &steps);
  Work(3, 1000, &one);
  for (int i = 0; i < 40; ++i) steps.AddTime(Seconds(0.05));
  one.AddTime(Seconds(2));
  EXPECT_NEAR(steps.per_second().value(), one.per_second().value(), 1e-6);
}

}  // namespace
}  // namespace vetor
