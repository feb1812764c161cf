#include "server/http/byte_budget.h"

#include <gtest/gtest.h>

#include <memory>

namespace vetor {
namespace {

constexpr uint64_t kMiB = 1 << 20;

TEST(ByteBudgetTest, WhatIsHeldIsGivenBack) {
  const auto budget = std::make_shared<ByteBudget>(10 * kMiB);
  {
    HeldBytes held(budget);
    EXPECT_TRUE(held.Hold(6 * kMiB));
    EXPECT_EQ(budget->held(), 6 * kMiB);
    EXPECT_TRUE(held.Hold(2 * kMiB));
    EXPECT_EQ(budget->held(), 2 * kMiB);
  }
  EXPECT_EQ(budget->held(), 0U);
}

TEST(ByteBudgetTest, AHolderThatIsRefusedKeepsWhatItHad) {
  const auto budget = std::make_shared<ByteBudget>(10 * kMiB);
  HeldBytes first(budget);
  EXPECT_TRUE(first.Hold(6 * kMiB));
  HeldBytes second(budget);
  EXPECT_TRUE(second.Hold(1 * kMiB));
  EXPECT_FALSE(second.Hold(4 * kMiB));
  EXPECT_EQ(second.bytes(), 1 * kMiB);
  EXPECT_EQ(budget->held(), 7 * kMiB);
  EXPECT_EQ(budget->refused(), 1U);
}

TEST(ByteBudgetTest, Row33LargeHoldersAreRefusedFrom90PercentOnAndSmallOnesAreNot) {
  const auto budget = std::make_shared<ByteBudget>(100 * kMiB);
  HeldBytes most(budget);
  EXPECT_TRUE(most.Hold(90 * kMiB));
  HeldBytes large(budget);
  EXPECT_FALSE(large.Hold(ByteBudget::kSmallBytes + 1));
  HeldBytes small(budget);
  EXPECT_TRUE(small.Hold(ByteBudget::kSmallBytes));
  EXPECT_FALSE(small.Hold(ByteBudget::kSmallBytes + 1)) << "A body that grows is large then.";
}

TEST(ByteBudgetTest, TheSettingOrFourOfTheLargestBodies) {
  EXPECT_EQ(ByteBudget::Of({})->most(), 1024 * kMiB);
  EXPECT_EQ(ByteBudget::Of({.max_body_mb = 1000})->most(), 4000 * kMiB);
  EXPECT_EQ(ByteBudget::Of({.max_held_mb = 70})->most(), 70 * kMiB);
}

}  // namespace
}  // namespace vetor
