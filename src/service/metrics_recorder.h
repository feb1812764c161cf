// Counters of a service, cheap enough for every call: relaxed atomics and one bounded ring.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/thread_annotations.h"
#include "vetor/metrics.h"

namespace vetor {

/// Measures the time since it was made.
class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_)
        .count();
  }
  std::chrono::steady_clock::time_point start() const { return start_; }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A sum of durations that threads add to.
class TimeSum {
 public:
  void AddMs(double ms) { nanoseconds_.fetch_add(static_cast<int64_t>(ms * 1e6), kRelaxed); }
  double ms() const { return static_cast<double>(nanoseconds_.load(kRelaxed)) / 1e6; }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  std::atomic<int64_t> nanoseconds_{0};
};

/// Thread-safe. Counters lie on cache lines of their own.
class MetricsRecorder {
 public:
  static constexpr size_t kCacheLine = 64;    ///< In bytes, on x86 and on most of Arm.
  static constexpr size_t kLatencies = 4096;  ///< As Metrics::batch_latencies_ms documents.

  // The counters that every call changes, cached or not, lie on one cache line: two threads pass
  // only that line back and forth, and no value that they only read lies on it.
  alignas(kCacheLine) std::atomic<uint64_t> calls{0};
  std::atomic<uint64_t> texts{0};
  std::atomic<uint64_t> cache_hits{0};
  TimeSum cache_find;

  alignas(kCacheLine) std::atomic<uint64_t> cache_misses{0};
  std::atomic<uint64_t> failed_calls{0};
  std::atomic<uint64_t> refused_calls{0};
  std::atomic<uint64_t> computed_texts{0};
  std::atomic<uint64_t> joined_texts{0};
  std::atomic<uint64_t> truncated_texts{0};
  std::atomic<uint64_t> texts_without_tokens{0};
  std::atomic<uint64_t> tokens{0};
  std::atomic<uint64_t> padding_tokens{0};
  std::atomic<uint64_t> batches{0};

  TimeSum tokenize;
  TimeSum cache_insert;
  TimeSum model;
  TimeSum pool;

  void AddLatency(double ms);

  /// Sets every field that is counted here, and leaves the other fields unchanged.
  void CopyTo(Metrics* metrics) const;

 private:
  alignas(kCacheLine) mutable Mutex mutex_;
  std::vector<double> latencies_ VETOR_GUARDED_BY(mutex_);  ///< A ring once it is full.
  size_t next_latency_ VETOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace vetor
