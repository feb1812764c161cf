// How fast work is done, learned from what was done while there was work. Nothing is assumed: there
// is no rate before the first measurement.
#pragma once

#include <chrono>
#include <optional>

namespace vetor {

/// A mean over about the last two seconds of work; idle time does not count. Not thread-safe.
class WorkRate {
 public:
  using Seconds = std::chrono::duration<double>;
  /// What was done this long ago weighs 1/e. Batches take up to some tenths of a second, so a much
  /// shorter memory would follow their ends instead of the rate.
  static constexpr Seconds kMemory{2};
  /// There is no rate before as much work: the first batch must have ended.
  static constexpr Seconds kLeastWork{0.25};

  /// There was work for that long.
  void AddTime(Seconds busy);
  /// So much of it was done.
  void AddDone(double amount) { done_ += amount; }
  /// None before the first measurement.
  std::optional<double> per_second() const;

 private:
  double done_ = 0;     // Both decay alike, so that the first mean is a plain one.
  double seconds_ = 0;  // At most kMemory in the long run.
};

}  // namespace vetor
