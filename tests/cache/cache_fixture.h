// A fixture with a folder of its own, clocks and disk space that a test sets, and records whose
// content follows from their number.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cache/cache_environment.h"
#include "cache/vector_cache.h"
#include "os/log.h"
#include "tests/support/temporary_folder.h"

namespace vetor {

inline constexpr size_t kTestDim = 96;

inline CacheKey KeyOf(int64_t number) {
  static const CacheKeyer keyer("cache test");
  return keyer.Key(std::to_string(number));
}

/// Another `salt` makes another vector for the same number.
inline std::vector<float> VectorOf(int64_t number, int salt = 0, size_t dim = kTestDim) {
  std::vector<float> vector(dim);
  uint64_t state = static_cast<uint64_t>(number) * 0x9E3779B97F4A7C15ULL + salt + 1;
  for (float& value : vector) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    value = static_cast<float>(state >> 40) / static_cast<float>(1 << 24);
  }
  return vector;
}

/// A record with the bytes of the vector, which must outlive it. What is known of its text follows
/// from the number, too.
inline Record RecordOf(int64_t number, const std::vector<float>& vector) {
  return {.info = {.tokens = static_cast<uint32_t>(number % 1000), .truncated = number % 3 == 0},
          .payload = {.bytes = {reinterpret_cast<const uint8_t*>(vector.data()),
                                vector.size() * sizeof(float)},
                      .owner = nullptr}};
}

/// Whether the record is what RecordOf made of VectorOf(number, salt).
inline bool IsRecordOf(const Record& record, int64_t number, int salt = 0) {
  const std::vector<float> vector = VectorOf(number, salt);
  const Record expected = RecordOf(number, vector);
  return record.info.tokens == expected.info.tokens &&
         record.info.truncated == expected.info.truncated &&
         std::equal(record.payload.begin(), record.payload.end(), expected.payload.begin(),
                    expected.payload.end());
}

inline void InsertOne(VectorCache* cache, int64_t number, int salt = 0) {
  const std::vector<float> vector = VectorOf(number, salt);
  cache->Insert(std::vector<CacheKey>{KeyOf(number)},
                std::vector<Record>{RecordOf(number, vector)});
}

inline void InsertRange(VectorCache* cache, int64_t first, int64_t last) {
  std::vector<CacheKey> keys;
  std::vector<std::vector<float>> vectors;
  std::vector<Record> records;
  for (int64_t i = first; i < last; ++i) {
    keys.push_back(KeyOf(i));
    vectors.push_back(VectorOf(i));
    records.push_back(RecordOf(i, vectors.back()));
  }
  cache->Insert(keys, records);
}

/// The name of the tier that held the record, or "" if none did. A wrong record fails the test.
inline std::string FindOne(VectorCache* cache, int64_t number, int salt = 0) {
  RecordList found;
  cache->Find(std::vector<CacheKey>{KeyOf(number)}, &found);
  EXPECT_EQ(found.Has(0), found.tier(0) != 0);
  if (found.Has(0)) {
    EXPECT_TRUE(IsRecordOf(found[0], number, salt)) << "a wrong record for " << number;
  }
  return found.Has(0) ? cache->counters().tiers[found.tier(0) - 1].name : "";
}

/// How many records of [first, last) are found if all are looked up at once.
inline int64_t CountFound(VectorCache* cache, int64_t first, int64_t last) {
  std::vector<CacheKey> keys;
  for (int64_t i = first; i < last; ++i) keys.push_back(KeyOf(i));
  RecordList records;
  cache->Find(keys, &records);
  int64_t found = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(records.Has(i), records.tier(i) != 0);
    if (!records.Has(i)) continue;
    ++found;
    EXPECT_TRUE(IsRecordOf(records[i], first + static_cast<int64_t>(i)))
        << "a wrong record for " << first + i;
  }
  return found;
}

class CacheFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.dir = root_ / "embeddings";
    // Without a memory tier every Find goes to the disk. Tests of the memory tier set it.
    options_.memory_bytes = 0;
    environment_ = CacheEnvironment::Real();
    environment_.wall_seconds = [this] { return now_.load(); };
    environment_.steady_now = [this] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(steady_.load()));
    };
    environment_.free_bytes = [this](const std::filesystem::path&) -> Result<uint64_t> {
      return free_bytes_.load();
    };
    warnings_ = 0;
    SetLogSink([](LogLevel level, std::string_view) {
      if (level == LogLevel::kWarning) ++warnings_;
    });
  }
  void TearDown() override { SetLogSink(nullptr); }

  std::unique_ptr<VectorCache> Open() { return OpenVectorCache(options_, environment_); }

  const TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_.path();
  VectorCacheOptions options_;
  CacheEnvironment environment_;
  std::atomic<int64_t> now_{1'700'000'000};
  std::atomic<int64_t> steady_{1000};
  std::atomic<uint64_t> free_bytes_{1ULL << 40};
  inline static std::atomic<int> warnings_{0};
};

}  // namespace vetor
