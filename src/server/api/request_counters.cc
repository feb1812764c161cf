#include "server/api/request_counters.h"

#include <algorithm>

namespace vetor {

void RequestCounters::Count(std::string_view route, int status, double seconds) {
  const auto* const bound = std::ranges::lower_bound(kDurationBounds, seconds);
  const MutexLock lock(&mutex_);
  ++counts_.by_route_and_status[{route, status}];
  RouteDurations& durations = counts_.durations[route];
  ++durations.buckets[static_cast<size_t>(bound - kDurationBounds.begin())];
  durations.sum_seconds += seconds;
  ++durations.count;
}

void RequestCounters::AddQueueWait(double seconds) {
  const MutexLock lock(&mutex_);
  counts_.queue_wait_seconds += seconds;
  ++counts_.queue_waits;
}

RequestCounts RequestCounters::counts() const {
  const MutexLock lock(&mutex_);
  return counts_;
}

}  // namespace vetor
