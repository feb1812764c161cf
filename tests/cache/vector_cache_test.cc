#include "cache/vector_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "cache/cache_fixture.h"
#include "cache/write_queue.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class VectorCacheTest : public CacheFixture {
 protected:
  int64_t DiskBytes() const {
    int64_t total = 0;
    for (const auto& file : std::filesystem::directory_iterator(options_.dir)) {
      // The shared index of the log takes 32 KiB for each 4000 pages of the log.
      if (file.path().extension() != ".db-shm") total += static_cast<int64_t>(file.file_size());
    }
    return total;
  }
};

TEST_F(VectorCacheTest, FindsWhatWasInsertedInTheTierThatHoldsIt) {
  options_.memory_bytes = 1 << 20;
  {
    const auto cache = Open();
    EXPECT_EQ(cache->state(), "memory and disk");
    EXPECT_EQ(FindOne(cache.get(), 1), "");
    InsertRange(cache.get(), 0, 10);
    EXPECT_EQ(FindOne(cache.get(), 1), "memory");
  }
  const auto cache = Open();
  EXPECT_EQ(FindOne(cache.get(), 1), "disk");
  EXPECT_EQ(FindOne(cache.get(), 1), "memory") << "a disk hit is kept in memory";
  EXPECT_EQ(CountFound(cache.get(), 0, 20), 10);
  const VectorCacheCounters counters = cache->counters();
  EXPECT_EQ(counters.Of("memory").hits, 2U);
  EXPECT_EQ(counters.Of("disk").hits, 10U);
  EXPECT_EQ(counters.misses, 10U);
  EXPECT_EQ(warnings_, 0);
}

TEST_F(VectorCacheTest, TheLookIntoMemoryAsksNoDiskAndCountsOnlyWholeAnswers) {
  options_.memory_bytes = 1 << 20;
  {
    const auto cache = Open();
    InsertRange(cache.get(), 0, 2);
  }
  const auto cache = Open();
  const std::vector<CacheKey> both = {KeyOf(0), KeyOf(1)};
  RecordList found;
  EXPECT_FALSE(cache->FindInMemory(both, &found)) << "both are on disk";
  ASSERT_EQ(FindOne(cache.get(), 0), "disk");
  EXPECT_FALSE(cache->FindInMemory(both, &found)) << "one is on disk";
  ASSERT_EQ(FindOne(cache.get(), 1), "disk");
  EXPECT_EQ(cache->counters().Of("memory").hits, 0U);
  EXPECT_TRUE(cache->FindInMemory(both, &found));
  EXPECT_TRUE(found.Has(0) && found.Has(1));
  EXPECT_EQ(cache->counters().Of("memory").hits, 2U);
  EXPECT_EQ(cache->counters().Of("disk").hits, 2U);
  EXPECT_EQ(cache->counters().misses, 0U);
}

TEST_F(VectorCacheTest, WhatWaitsToBeWrittenIsFoundWithoutAMemoryTier) {
  const auto cache = Open();
  EXPECT_EQ(cache->state(), "disk");
  for (int64_t i = 0; i < 500; ++i) {
    InsertOne(cache.get(), i);
    ASSERT_NE(FindOne(cache.get(), i), "") << i;
  }
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 500), 500);
}

TEST_F(VectorCacheTest, WithoutAFolderMemoryAlone) {
  options_.dir.clear();
  options_.memory_bytes = 1 << 20;
  const auto cache = Open();
  EXPECT_THAT(cache->state(), StartsWith("memory only: "));
  InsertOne(cache.get(), 1);
  cache->Flush();
  EXPECT_EQ(FindOne(cache.get(), 1), "memory");
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 0U);
}

TEST_F(VectorCacheTest, RandomUseAgreesWithAMap) {
  // The memory holds some 40 entries, so most look-ups go to the queue or the disk.
  options_.memory_bytes = 20'000;
  std::map<int64_t, int> model;
  std::mt19937_64 random(3);
  auto cache = Open();
  for (int step = 0; step < 6000; ++step) {
    const auto number = static_cast<int64_t>(random() % 400);
    switch (random() % 16) {
      case 0:
        cache->Flush();
        break;
      case 1:
        if (step % 40 == 0) {
          cache.reset();
          cache = Open();
        }
        break;
      case 2:
      case 3:
      case 4:
      case 5:
      case 6: {
        const int salt = static_cast<int>(random() % 100);
        InsertOne(cache.get(), number, salt);
        model[number] = salt;
        break;
      }
      default: {
        const auto known = model.find(number);
        const int salt = known == model.end() ? 0 : known->second;
        ASSERT_EQ(FindOne(cache.get(), number, salt) != "", known != model.end())
            << "step " << step;
      }
    }
  }
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 0U);
  EXPECT_EQ(cache->counters().Total().checksum_misses, 0U);
}

TEST_F(VectorCacheTest, TheDiskStaysWithinItsBytes) {
  for (const int64_t bytes : {1 << 20, 2 << 20}) {
    options_.max_bytes = bytes;
    options_.dir = root_ / std::to_string(bytes);
    const auto cache = Open();
    const int64_t count = bytes / 250;
    int64_t most = 0;
    for (int64_t i = 0; i < count; i += 500) {
      InsertRange(cache.get(), i, std::min(count, i + 500));
      cache->Flush();
      most = std::max(most, DiskBytes());
    }
    EXPECT_LE(most, bytes);
    EXPECT_GT(most, bytes / 2) << "the bound is used";
    const VectorCacheCounters counters = cache->counters();
    EXPECT_EQ(counters.Of("disk").dropped_writes, 0U);
    EXPECT_GT(counters.Of("disk").evicted, 0U);
    EXPECT_EQ(CountFound(cache.get(), 0, count),
              count - static_cast<int64_t>(counters.Of("disk").evicted));
    EXPECT_EQ(CountFound(cache.get(), count - 500, count), 500) << "the newest are there";
    EXPECT_EQ(CountFound(cache.get(), 0, 100), 0) << "the oldest went";
  }
}

TEST_F(VectorCacheTest, ALowerBoundShrinksWhatIsThere) {
  options_.max_bytes = 8 << 20;
  {
    const auto cache = Open();
    for (int64_t i = 0; i < 12'000; i += 1000) {
      InsertRange(cache.get(), i, i + 1000);
      cache->Flush();
    }
  }
  const int64_t before = DiskBytes();
  options_.max_bytes = 2 << 20;
  const auto cache = Open();
  // The steps run between batches, so a few batches give them time without a clock.
  for (int round = 0; round < 400 && DiskBytes() > options_.max_bytes; ++round) cache->Flush();
  EXPECT_GT(before, options_.max_bytes);
  EXPECT_LE(DiskBytes(), options_.max_bytes);
  EXPECT_GT(CountFound(cache.get(), 11'000, 12'000), 900) << "the newest stay";
}

// The first 100 are used all the time, on disk or in memory, while three times as many others as
// the cache holds pass by.
TEST_F(VectorCacheTest, WhatIsUsedOutlivesWhatIsNot) {
  for (const int64_t memory_bytes : {0, 100'000}) {
    options_.memory_bytes = memory_bytes;
    options_.dir = root_ / ("memory" + std::to_string(memory_bytes));
    options_.max_bytes = 8 << 20;
    auto cache = Open();
    InsertRange(cache.get(), 0, 100);
    for (int64_t i = 1000; i < 51'000; i += 1000) {
      InsertRange(cache.get(), i, i + 1000);
      cache->Flush();
      ASSERT_EQ(CountFound(cache.get(), 0, 100), 100) << "after " << i;
    }
    EXPECT_GT(cache->counters().Of("disk").evicted, 20'000U);
    cache.reset();
    cache = Open();
    EXPECT_EQ(CountFound(cache.get(), 0, 100), 100) << "on disk too";
    EXPECT_EQ(CountFound(cache.get(), 1000, 2000), 0);
  }
}

TEST_F(VectorCacheTest, AFullQueueDropsAndCountsAndNeverWaits) {
  environment_.queue_bytes = 100 * WriteQueue::EntryBytes(kTestDim * sizeof(float));
  const auto cache = Open();
  InsertRange(cache.get(), 0, 1000);
  cache->Flush();
  const int64_t stored = CountFound(cache.get(), 0, 1000);
  EXPECT_EQ(stored, 100);
  EXPECT_EQ(cache->counters().Of("disk").dropped_writes, 900U);
}

TEST_F(VectorCacheTest, TwoThreadsAgree) {
  options_.memory_bytes = 100'000;
  options_.max_bytes = 1 << 20;
  const auto cache = Open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&cache, t] {
      std::mt19937_64 random(static_cast<uint64_t>(t));
      for (int step = 0; step < 300; ++step) {
        const auto first = static_cast<int64_t>(random() % 3000);
        if (CountFound(cache.get(), first, first + 20) < 20) {
          InsertRange(cache.get(), first, first + 20);
        }
        if (step % 50 == 0) cache->Flush();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  cache->Flush();
  EXPECT_GT(CountFound(cache.get(), 0, 3000), 300);
  EXPECT_EQ(cache->counters().Total().checksum_misses, 0U);
}

TEST_F(VectorCacheTest, AFolderDeletedUnderItIsMadeAgain) {
  const auto cache = Open();
  InsertRange(cache.get(), 0, 10);
  cache->Flush();
  std::filesystem::remove_all(options_.dir);
  InsertRange(cache.get(), 10, 20);
  cache->Flush();
  EXPECT_EQ(CountFound(cache.get(), 0, 10), 0);
  EXPECT_EQ(CountFound(cache.get(), 10, 20), 10);
  EXPECT_TRUE(std::filesystem::exists(options_.dir / "vectors-2.db"));
}

TEST_F(VectorCacheTest, AFolderThatCannotBeMadeLeavesMemory) {
  std::filesystem::create_directories(root_);
  options_.dir = root_ / "file" / "embeddings";
  options_.memory_bytes = 1 << 20;
  ASSERT_NE(std::fclose(std::fopen((root_ / "file").c_str(), "w")), EOF);
  const auto cache = Open();
  EXPECT_THAT(cache->state(), StartsWith("memory only: "));
  EXPECT_THAT(cache->state(), HasSubstr("file"));
  EXPECT_EQ(warnings_, 1);
  InsertOne(cache.get(), 1);
  EXPECT_EQ(FindOne(cache.get(), 1), "memory");
}

}  // namespace
}  // namespace vetor
