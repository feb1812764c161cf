#include "cache/memory_tier.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>
#include <unordered_map>

#include "cache/cache_fixture.h"

namespace vetor {

class MemoryTierPeer {
 public:
  static void FlipBit(MemoryTier* tier, const CacheKey& key, size_t bit) {
    tier->FlipBit(key, bit);
  }
};

namespace {

bool Holds(MemoryTier* tier, int64_t number) {
  std::vector<float> out(kTestDim);
  const bool hit = tier->Find(KeyOf(number), out).hit;
  if (hit) {
    EXPECT_EQ(out, VectorOf(number));
  }
  return hit;
}

TEST(MemoryTierTest, StaysWithinItsBytesAndFillsThem) {
  for (const int64_t bytes : {100'000, 1'000'000, 20'000'000}) {
    MemoryTier tier(kTestDim, bytes);
    for (int64_t i = 0; i < bytes / 200; ++i) {
      tier.Insert(KeyOf(i), VectorOf(i), 0);
    }
    EXPECT_LE(tier.bytes(), static_cast<size_t>(bytes));
    EXPECT_GE(tier.bytes(), static_cast<size_t>(bytes) * 9 / 10) << "most of it is used";
    EXPECT_GT(tier.entries() * kTestDim * sizeof(float), static_cast<size_t>(bytes) * 8 / 10);
  }
}

TEST(MemoryTierTest, ABoundBelowOneEntryHoldsNothing) {
  MemoryTier tier(kTestDim, 100);
  tier.Insert(KeyOf(1), VectorOf(1), 0);
  EXPECT_FALSE(Holds(&tier, 1));
  EXPECT_EQ(tier.bytes(), 0U);
  MemoryTier negative(kTestDim, -5);
  EXPECT_EQ(negative.capacity(), 0U);
}

TEST(MemoryTierTest, TheLeastRecentlyUsedGoesFirst) {
  MemoryTier tier(kTestDim, 20'000);  // One shard: exact order.
  const auto capacity = static_cast<int64_t>(tier.capacity());
  ASSERT_GT(capacity, 10);
  for (int64_t i = 0; i < capacity; ++i) EXPECT_EQ(tier.Insert(KeyOf(i), VectorOf(i), 0), 0);
  EXPECT_TRUE(Holds(&tier, 0));  // Used again: 1 is now the oldest.
  EXPECT_EQ(tier.Insert(KeyOf(capacity), VectorOf(capacity), 0), 1);
  EXPECT_TRUE(Holds(&tier, 0));
  EXPECT_FALSE(Holds(&tier, 1));
  EXPECT_TRUE(Holds(&tier, 2));
}

TEST(MemoryTierTest, InsertReplacesAndEpochIsKept) {
  MemoryTier tier(kTestDim, 20'000);
  tier.Insert(KeyOf(1), VectorOf(1, 7), 3);
  tier.Insert(KeyOf(1), VectorOf(1), 4);
  EXPECT_EQ(tier.entries(), 1U);
  std::vector<float> out(kTestDim);
  EXPECT_EQ(tier.Find(KeyOf(1), out).epoch, 4U);
  EXPECT_EQ(out, VectorOf(1));
  tier.SetEpoch(KeyOf(1), 9);
  EXPECT_EQ(tier.Find(KeyOf(1), out).epoch, 9U);
}

TEST(MemoryTierTest, Row26AFlippedBitIsAMissAndTheEntryIsGone) {
  MemoryTier tier(kTestDim, 100'000);
  std::mt19937_64 random(26);
  for (int64_t i = 0; i < 60; ++i) {
    tier.Insert(KeyOf(i), VectorOf(i), 0);
    MemoryTierPeer::FlipBit(&tier, KeyOf(i), random() % (kTestDim * 32));
    std::vector<float> out(kTestDim);
    const MemoryTier::Found found = tier.Find(KeyOf(i), out);
    EXPECT_FALSE(found.hit);
    EXPECT_TRUE(found.damaged);
    EXPECT_FALSE(tier.Find(KeyOf(i), out).damaged) << "removed at the first look";
    tier.Insert(KeyOf(i), VectorOf(i), 0);  // Its slot is used again.
    EXPECT_TRUE(Holds(&tier, i));
  }
  EXPECT_EQ(tier.entries(), 60U);
}

// Against a list of keys in order of use.
TEST(MemoryTierTest, BehavesLikeAnLruListUnderRandomUse) {
  MemoryTier tier(kTestDim, 20'000);
  const size_t capacity = tier.capacity();
  std::deque<int64_t> by_use;  // Newest first.
  std::mt19937_64 random(1);
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<int64_t>(random() % (capacity * 2));
    const auto place = std::find(by_use.begin(), by_use.end(), number);
    const bool known = place != by_use.end();
    if (random() % 2 == 0) {
      ASSERT_EQ(Holds(&tier, number), known);
      if (!known) continue;
    } else {
      tier.Insert(KeyOf(number), VectorOf(number), 0);
    }
    if (known) by_use.erase(place);
    by_use.push_front(number);
    if (by_use.size() > capacity) by_use.pop_back();
  }
  EXPECT_EQ(tier.entries(), capacity);
}

TEST(MemoryTierTest, ThreadsNeverSeeAWrongVector) {
  MemoryTier tier(kTestDim, 400'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&tier, t] {
      std::mt19937_64 random(static_cast<uint64_t>(t));
      for (int step = 0; step < 5000; ++step) {
        const auto number = static_cast<int64_t>(random() % 2000);
        if (!Holds(&tier, number)) tier.Insert(KeyOf(number), VectorOf(number), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(tier.entries(), 100U);
}

}  // namespace
}  // namespace vetor
