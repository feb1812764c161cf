// What the server counts of its requests, for /metrics. What the models count is in their services.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "base/thread_annotations.h"

namespace vetor {

/// Upper bounds of the histogram of durations, in seconds; one more bucket has no bound.
inline constexpr std::array kDurationBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                            0.25,  0.5,    1.0,   2.5,  5.0,   10.0, 30.0};

struct RouteDurations {
  std::array<uint64_t, kDurationBounds.size() + 1> buckets{};  ///< Not cumulative.
  double sum_seconds = 0;
  uint64_t count = 0;
};

struct RequestCounts {
  /// By label of the route and status. Both are the server's own words, so their number is bounded.
  std::map<std::pair<std::string_view, int>, uint64_t> by_route_and_status;
  std::map<std::string_view, RouteDurations> durations;
  double queue_wait_seconds = 0;
  uint64_t queue_waits = 0;
};

/// Thread-safe.
class RequestCounters {
 public:
  /// `route` is a path of the table of routes or another constant.
  void Count(std::string_view route, int status, double seconds);
  /// The wait of one request that was computed.
  void AddQueueWait(double seconds);
  RequestCounts counts() const;

 private:
  mutable Mutex mutex_;
  RequestCounts counts_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
