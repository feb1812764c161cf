#include "cache/memory_table.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>
#include <unordered_map>

#include "cache/cache_fixture.h"

namespace vetor {

class MemoryTablePeer {
 public:
  static void FlipBit(MemoryTable* table, const CacheKey& key, size_t bit) {
    table->FlipBit(key, bit);
  }
};

namespace {

int InsertInto(MemoryTable* table, int64_t number, int salt = 0, uint32_t epoch = 0) {
  const std::vector<float> vector = VectorOf(number, salt);
  return table->Insert(KeyOf(number), RecordOf(number, vector), epoch);
}

MemoryTable::Found FindIn(MemoryTable* table, int64_t number) {
  RecordList out(1);
  const MemoryTable::Found found = table->Find(KeyOf(number), 0, &out);
  EXPECT_EQ(out.Has(0), found.hit);
  if (found.hit) {
    EXPECT_TRUE(IsRecordOf(out[0], number));
  }
  return found;
}

bool Holds(MemoryTable* table, int64_t number) { return FindIn(table, number).hit; }

// How many records of one size fit.
int64_t CapacityOf(int64_t bytes) {
  MemoryTable table(bytes);
  int64_t count = 0;
  while (InsertInto(&table, count) == 0) ++count;
  return count;
}

TEST(MemoryTableTest, StaysWithinItsBytesAndFillsThem) {
  for (const int64_t bytes : {100'000, 1'000'000, 20'000'000}) {
    MemoryTable table(bytes);
    for (int64_t i = 0; i < bytes / 200; ++i) {
      InsertInto(&table, i);
    }
    EXPECT_LE(table.bytes(), static_cast<size_t>(bytes));
    EXPECT_GE(table.bytes(), static_cast<size_t>(bytes) * 9 / 10) << "most of it is used";
    EXPECT_GT(table.entries() * kTestDim * sizeof(float), static_cast<size_t>(bytes) * 8 / 10);
  }
}

TEST(MemoryTableTest, ABoundBelowOneEntryHoldsNothing) {
  MemoryTable table(100);
  InsertInto(&table, 1);
  EXPECT_FALSE(Holds(&table, 1));
  EXPECT_EQ(table.bytes(), 0U);
  MemoryTable negative(-5);
  EXPECT_FALSE(negative.holds_any());
}

TEST(MemoryTableTest, TheLeastRecentlyUsedGoesFirst) {
  MemoryTable table(20'000);  // The table has one shard, so the order is exact.
  const int64_t capacity = CapacityOf(20'000);
  ASSERT_GT(capacity, 10);
  for (int64_t i = 0; i < capacity; ++i) EXPECT_EQ(InsertInto(&table, i), 0);
  EXPECT_TRUE(Holds(&table, 0));  // Number 0 was used again, so 1 is the oldest now.
  EXPECT_EQ(InsertInto(&table, capacity), 1);
  EXPECT_TRUE(Holds(&table, 0));
  EXPECT_FALSE(Holds(&table, 1));
  EXPECT_TRUE(Holds(&table, 2));
}

TEST(MemoryTableTest, InsertReplacesAndEpochIsKept) {
  MemoryTable table(20'000);
  InsertInto(&table, 1, 7, 3);
  InsertInto(&table, 1, 0, 4);
  EXPECT_EQ(table.entries(), 1U);
  EXPECT_EQ(FindIn(&table, 1).epoch, 4U);
  table.SetEpoch(KeyOf(1), 9);
  EXPECT_EQ(FindIn(&table, 1).epoch, 9U);
}

TEST(MemoryTableTest, Row26AFlippedBitIsAMissAndTheEntryIsGone) {
  MemoryTable table(100'000);
  std::mt19937_64 random(26);
  for (int64_t i = 0; i < 60; ++i) {
    InsertInto(&table, i);
    MemoryTablePeer::FlipBit(&table, KeyOf(i), random() % (kTestDim * 32));
    const MemoryTable::Found found = FindIn(&table, i);
    EXPECT_FALSE(found.hit);
    EXPECT_TRUE(found.damaged);
    EXPECT_FALSE(FindIn(&table, i).damaged) << "removed at the first look";
    InsertInto(&table, i);  // Its slot is used again.
    EXPECT_TRUE(Holds(&table, i));
  }
  EXPECT_EQ(table.entries(), 60U);
}

// One bound holds for records of all sizes, and each record comes back in its own size.
TEST(MemoryTableTest, RecordsOfManySizesShareTheBound) {
  constexpr int64_t kBytes = 1'000'000;
  MemoryTable table(kBytes);
  const auto size_of = [](int64_t number) { return static_cast<size_t>(number * 37 % 2000); };
  for (int64_t i = 0; i < 3000; ++i) {
    const std::vector<float> vector = VectorOf(i, 0, size_of(i));
    table.Insert(KeyOf(i), RecordOf(i, vector), 0);
    ASSERT_LE(table.bytes(), static_cast<size_t>(kBytes)) << i;
  }
  EXPECT_GE(table.bytes(), static_cast<size_t>(kBytes) * 9 / 10);
  size_t held = 0;
  for (int64_t i = 0; i < 3000; ++i) {
    RecordList out(1);
    if (!table.Find(KeyOf(i), 0, &out).hit) continue;
    ++held;
    const std::vector<float> vector = VectorOf(i, 0, size_of(i));
    const Record expected = RecordOf(i, vector);
    EXPECT_TRUE(std::equal(out[0].payload.begin(), out[0].payload.end(), expected.payload.begin(),
                           expected.payload.end()));
  }
  EXPECT_EQ(held, table.entries());
  EXPECT_GT(held, 100U);
  // Small records take the place of large ones, so the table of keys grows with their number.
  for (int64_t i = 10'000; i < 40'000; ++i) {
    const std::vector<float> vector = VectorOf(i, 0, 4);
    table.Insert(KeyOf(i), RecordOf(i, vector), 0);
  }
  EXPECT_LE(table.bytes(), static_cast<size_t>(kBytes));
  EXPECT_GT(table.entries(), 9000U);
}

TEST(MemoryTableTest, ARecordLargerThanTheTierIsNotKeptAndHarmsNothing) {
  MemoryTable table(20'000);
  InsertInto(&table, 1);
  const std::vector<float> vector = VectorOf(2, 0, 5000);
  EXPECT_EQ(table.Insert(KeyOf(2), RecordOf(2, vector), 0), 0);
  EXPECT_TRUE(Holds(&table, 1));
  RecordList out(1);
  EXPECT_FALSE(table.Find(KeyOf(2), 0, &out).hit);
}

// Compares with a list of keys in the order of their use.
TEST(MemoryTableTest, BehavesLikeAnLruListUnderRandomUse) {
  MemoryTable table(20'000);
  const auto capacity = static_cast<size_t>(CapacityOf(20'000));
  std::deque<int64_t> by_use;  // The newest comes first.
  std::mt19937_64 random(1);
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<int64_t>(random() % (capacity * 2));
    const auto place = std::find(by_use.begin(), by_use.end(), number);
    const bool known = place != by_use.end();
    if (random() % 2 == 0) {
      ASSERT_EQ(Holds(&table, number), known);
      if (!known) continue;
    } else {
      InsertInto(&table, number);
    }
    if (known) by_use.erase(place);
    by_use.push_front(number);
    if (by_use.size() > capacity) by_use.pop_back();
  }
  EXPECT_EQ(table.entries(), capacity);
}

TEST(MemoryTableTest, ThreadsNeverSeeAWrongVector) {
  MemoryTable table(400'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&table, t] {
      std::mt19937_64 random(static_cast<uint64_t>(t));
      for (int step = 0; step < 5000; ++step) {
        const auto number = static_cast<int64_t>(random() % 2000);
        if (!Holds(&table, number)) InsertInto(&table, number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(table.entries(), 100U);
}

}  // namespace
}  // namespace vetor
