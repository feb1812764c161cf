// Decides which stamps are still good at a given moment.
#pragma once

#include <algorithm>
#include <cstdint>

namespace vetor {

/// A vector is good from its stamp on for `days`. A stamp in the future beyond kTolerance was made
/// before the clock went back: its age is unknown, so it is not good either.
class TimeToLive {
 public:
  static constexpr int64_t kToleranceSeconds = 300;

  TimeToLive(double days, int64_t now_seconds) : newest_(now_seconds + kToleranceSeconds) {
    // 30,000 years fit, and stand for "for ever".
    const double seconds = std::clamp(days * 86400.0, 0.0, 1e12);
    oldest_ = now_seconds - static_cast<int64_t>(seconds) + 1;
  }
  bool Good(int64_t stamp) const { return stamp >= oldest_ && stamp <= newest_; }
  int64_t oldest() const { return oldest_; }
  int64_t newest() const { return newest_; }

 private:
  int64_t oldest_;
  int64_t newest_;
};

}  // namespace vetor
