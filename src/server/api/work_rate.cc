#include "server/api/work_rate.h"

#include <cmath>

namespace vetor {

void WorkRate::AddTime(Seconds busy) {
  const double kept = std::exp(-(busy / kMemory));
  done_ *= kept;
  // The integral of the weights over `busy`, and not `busy` itself, so that one long step counts
  // as many short ones do.
  seconds_ = seconds_ * kept + kMemory.count() * (1 - kept);
}

std::optional<double> WorkRate::per_second() const {
  // What kLeastWork weighs at its end.
  static const double kLeast = kMemory.count() * (1 - std::exp(-(kLeastWork / kMemory)));
  constexpr double kRounding = 1e-9;
  if (done_ <= 0 || seconds_ < kLeast - kRounding) return std::nullopt;
  return done_ / seconds_;
}

}  // namespace vetor
