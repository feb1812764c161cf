// How many bytes the requests under way may hold together: their bodies, and their answers until
// the clients have read them.
//
//   auto budget = std::make_shared<ByteBudget>(1 << 30);
//   HeldBytes held(budget);
//   if (!held.Hold(answer_bytes)) return Refuse();  // Given back when `held` is destroyed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "vetor/server_config.h"

namespace vetor {

/// Thread-safe.
class ByteBudget {
 public:
  /// What holds at most this much is small: it is taken until the whole bound is used up. A larger
  /// holder is refused from 90 % of the bound on, so that large ones never keep out small ones.
  static constexpr uint64_t kSmallBytes = 64U << 10;

  explicit ByteBudget(uint64_t most) : most_(most) {}
  /// The bound that ai.server.max_held_mb asks for.
  static std::shared_ptr<ByteBudget> Of(const ServerConfig& config);
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  uint64_t most() const { return most_; }
  /// The bound for a holder of `bytes`.
  uint64_t MostFor(uint64_t bytes) const {
    return bytes <= kSmallBytes ? most_ : most_ - most_ / 10;
  }
  uint64_t held() const { return held_.load(std::memory_order_relaxed); }
  uint64_t refused() const {
    return refused_.load(std::memory_order_relaxed);
  }  ///< Since the start.

 private:
  friend class HeldBytes;
  bool Change(uint64_t from, uint64_t to);

  const uint64_t most_;
  std::atomic<uint64_t> held_{0};
  std::atomic<uint64_t> refused_{0};
};

/// What one holder has of a budget, which it keeps alive. Used by one thread at a time.
class HeldBytes {
 public:
  explicit HeldBytes(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}
  ~HeldBytes() { budget_->Change(bytes_, 0); }
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  /// Holds `bytes` in place of what it held. False if there is no room for more; then nothing
  /// changes. Fewer bytes always have room.
  bool Hold(uint64_t bytes);

  uint64_t bytes() const { return bytes_; }

 private:
  const std::shared_ptr<ByteBudget> budget_;
  uint64_t bytes_ = 0;
};

}  // namespace vetor
