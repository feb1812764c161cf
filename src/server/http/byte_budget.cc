#include "server/http/byte_budget.h"

#include <algorithm>

namespace vetor {

std::shared_ptr<ByteBudget> ByteBudget::Of(const ServerConfig& config) {
  constexpr int kDefaultMegabytes = 1024;
  const int chosen =
      config.max_held_mb > 0
          ? config.max_held_mb
          : std::max(kDefaultMegabytes, ServerConfig::kLeastHeldBodies * config.max_body_mb);
  return std::make_shared<ByteBudget>(static_cast<uint64_t>(chosen) << 20);
}

bool ByteBudget::Change(uint64_t from, uint64_t to) {
  if (to <= from) {
    held_.fetch_sub(from - to);
    return true;
  }
  const uint64_t most = MostFor(to);
  uint64_t held = held_.load();
  do {
    if (held + (to - from) > most) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  } while (!held_.compare_exchange_weak(held, held + (to - from)));
  return true;
}

bool HeldBytes::Hold(uint64_t bytes) {
  if (!budget_->Change(bytes_, bytes)) return false;
  bytes_ = bytes;
  return true;
}

}  // namespace vetor
