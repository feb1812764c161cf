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

int InsertInto(MemoryTier* tier, int64_t number, int salt = 0, uint32_t epoch = 0) {
  const std::vector<float> vector = VectorOf(number, salt);
  return tier->Insert(KeyOf(number), RecordOf(number, vector), epoch);
}

MemoryTier::Found FindIn(MemoryTier* tier, int64_t number) {
  RecordList out(1);
  const MemoryTier::Found found = tier->Find(KeyOf(number), 0, &out);
  EXPECT_EQ(out.Has(0), found.hit);
  if (found.hit) {
    EXPECT_TRUE(IsRecordOf(out[0], number));
  }
  return found;
}

bool Holds(MemoryTier* tier, int64_t number) { return FindIn(tier, number).hit; }

// How many records of one size fit.
int64_t CapacityOf(int64_t bytes) {
  MemoryTier tier(bytes);
  int64_t count = 0;
  while (InsertInto(&tier, count) == 0) ++count;
  return count;
}

TEST(MemoryTierTest, StaysWithinItsBytesAndFillsThem) {
  for (const int64_t bytes : {100'000, 1'000'000, 20'000'000}) {
    MemoryTier tier(bytes);
    for (int64_t i = 0; i < bytes / 200; ++i) {
      InsertInto(&tier, i);
    }
    EXPECT_LE(tier.bytes(), static_cast<size_t>(bytes));
    EXPECT_GE(tier.bytes(), static_cast<size_t>(bytes) * 9 / 10) << "most of it is used";
    EXPECT_GT(tier.entries() * kTestDim * sizeof(float), static_cast<size_t>(bytes) * 8 / 10);
  }
}

TEST(MemoryTierTest, ABoundBelowOneEntryHoldsNothing) {
  MemoryTier tier(100);
  InsertInto(&tier, 1);
  EXPECT_FALSE(Holds(&tier, 1));
  EXPECT_EQ(tier.bytes(), 0U);
  MemoryTier negative(-5);
  EXPECT_FALSE(negative.holds_any());
}

TEST(MemoryTierTest, TheLeastRecentlyUsedGoesFirst) {
  MemoryTier tier(20'000);  // One shard: exact order.
  const int64_t capacity = CapacityOf(20'000);
  ASSERT_GT(capacity, 10);
  for (int64_t i = 0; i < capacity; ++i) EXPECT_EQ(InsertInto(&tier, i), 0);
  EXPECT_TRUE(Holds(&tier, 0));  // Used again: 1 is now the oldest.
  EXPECT_EQ(InsertInto(&tier, capacity), 1);
  EXPECT_TRUE(Holds(&tier, 0));
  EXPECT_FALSE(Holds(&tier, 1));
  EXPECT_TRUE(Holds(&tier, 2));
}

TEST(MemoryTierTest, InsertReplacesAndEpochIsKept) {
  MemoryTier tier(20'000);
  InsertInto(&tier, 1, 7, 3);
  InsertInto(&tier, 1, 0, 4);
  EXPECT_EQ(tier.entries(), 1U);
  EXPECT_EQ(FindIn(&tier, 1).epoch, 4U);
  tier.SetEpoch(KeyOf(1), 9);
  EXPECT_EQ(FindIn(&tier, 1).epoch, 9U);
}

TEST(MemoryTierTest, Row26AFlippedBitIsAMissAndTheEntryIsGone) {
  MemoryTier tier(100'000);
  std::mt19937_64 random(26);
  for (int64_t i = 0; i < 60; ++i) {
    InsertInto(&tier, i);
    MemoryTierPeer::FlipBit(&tier, KeyOf(i), random() % (kTestDim * 32));
    const MemoryTier::Found found = FindIn(&tier, i);
    EXPECT_FALSE(found.hit);
    EXPECT_TRUE(found.damaged);
    EXPECT_FALSE(FindIn(&tier, i).damaged) << "removed at the first look";
    InsertInto(&tier, i);  // Its slot is used again.
    EXPECT_TRUE(Holds(&tier, i));
  }
  EXPECT_EQ(tier.entries(), 60U);
}

// One bound for records of all sizes; each comes back in its own.
TEST(MemoryTierTest, RecordsOfManySizesShareTheBound) {
  constexpr int64_t kBytes = 1'000'000;
  MemoryTier tier(kBytes);
  const auto size_of = [](int64_t number) { return static_cast<size_t>(number * 37 % 2000); };
  for (int64_t i = 0; i < 3000; ++i) {
    const std::vector<float> vector = VectorOf(i, 0, size_of(i));
    tier.Insert(KeyOf(i), RecordOf(i, vector), 0);
    ASSERT_LE(tier.bytes(), static_cast<size_t>(kBytes)) << i;
  }
  EXPECT_GE(tier.bytes(), static_cast<size_t>(kBytes) * 9 / 10);
  size_t held = 0;
  for (int64_t i = 0; i < 3000; ++i) {
    RecordList out(1);
    if (!tier.Find(KeyOf(i), 0, &out).hit) continue;
    ++held;
    const std::vector<float> vector = VectorOf(i, 0, size_of(i));
    const Record expected = RecordOf(i, vector);
    EXPECT_TRUE(std::equal(out[0].payload.begin(), out[0].payload.end(), expected.payload.begin(),
                           expected.payload.end()));
  }
  EXPECT_EQ(held, tier.entries());
  EXPECT_GT(held, 100U);
  // Small ones in the place of large ones: the table of keys grows with their number.
  for (int64_t i = 10'000; i < 40'000; ++i) {
    const std::vector<float> vector = VectorOf(i, 0, 4);
    tier.Insert(KeyOf(i), RecordOf(i, vector), 0);
  }
  EXPECT_LE(tier.bytes(), static_cast<size_t>(kBytes));
  EXPECT_GT(tier.entries(), 9000U);
}

TEST(MemoryTierTest, ARecordLargerThanTheTierIsNotKeptAndHarmsNothing) {
  MemoryTier tier(20'000);
  InsertInto(&tier, 1);
  const std::vector<float> vector = VectorOf(2, 0, 5000);
  EXPECT_EQ(tier.Insert(KeyOf(2), RecordOf(2, vector), 0), 0);
  EXPECT_TRUE(Holds(&tier, 1));
  RecordList out(1);
  EXPECT_FALSE(tier.Find(KeyOf(2), 0, &out).hit);
}

// Against a list of keys in order of use.
TEST(MemoryTierTest, BehavesLikeAnLruListUnderRandomUse) {
  MemoryTier tier(20'000);
  const auto capacity = static_cast<size_t>(CapacityOf(20'000));
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
      InsertInto(&tier, number);
    }
    if (known) by_use.erase(place);
    by_use.push_front(number);
    if (by_use.size() > capacity) by_use.pop_back();
  }
  EXPECT_EQ(tier.entries(), capacity);
}

TEST(MemoryTierTest, ThreadsNeverSeeAWrongVector) {
  MemoryTier tier(400'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&tier, t] {
      std::mt19937_64 random(static_cast<uint64_t>(t));
      for (int step = 0; step < 5000; ++step) {
        const auto number = static_cast<int64_t>(random() % 2000);
        if (!Holds(&tier, number)) InsertInto(&tier, number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(tier.entries(), 100U);
}

}  // namespace
}  // namespace vetor
