// How much work may wait or run at once, in tokens over all requests. What is more is refused at
// once, so that a client of an overloaded server learns it in a moment and memory stays bounded.
// Texts that the cache holds are no work.
//
// The workers are shared evenly, so equal requests that enter together end together: all in time or
// all late. So a request is also refused if it and those before it would take longer than until its
// deadline, at the rate that this server was seen to compute at.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/thread_annotations.h"
#include "server/api/work_rate.h"

namespace vetor {

/// About how many tokens the texts have, before they are tokenized: one per four bytes and two
/// special ones, at most `max_length` each (0: no bound).
uint64_t EstimateTokens(std::span<const std::string_view> texts, int max_length);

/// Thread-safe.
class Admission {
 public:
  using Clock = std::chrono::steady_clock;

  /// Of the time until a deadline, what may be filled with work. The rest is for the answer, for
  /// an estimate that is too small, and for a rate that changes: batches end in steps, which makes
  /// it swing by about a tenth.
  static constexpr double kShareOfTime = 0.8;
  /// A request counts at most as this share of the bound. So one that is larger than the bound
  /// leaves a tenth of it to small ones, which the fair queue serves beside it.
  static constexpr double kLargestShare = 0.9;
  /// A client is told to come back after no less and no more than this.
  static constexpr std::chrono::milliseconds kLeastWait{100};
  static constexpr std::chrono::milliseconds kMostWait{10'000};

  /// `now` is asked under a lock, and must not block.
  Admission(uint64_t most_tokens, std::function<Clock::time_point()> now)
      : most_tokens_(most_tokens), now_(std::move(now)) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  struct Refusal {
    std::string message;  ///< With the numbers.
    /// When the tokens before it will be few enough; none if no rate is known yet.
    std::optional<std::chrono::milliseconds> retry_after;
  };
  /// None if the request is let in. It is refused if its tokens do not fit beside those that are
  /// in. When it is the only one it is always let in, however large it is.
  std::optional<Refusal> Enter(uint64_t tokens, Clock::time_point deadline);
  /// REQUIRES: Enter(tokens) let it in.
  void Leave(uint64_t tokens);
  /// So many of the tokens that are in have been computed, in the unit of Enter: the rate is
  /// learned from it, also from requests that end without an answer.
  void NoteComputed(double tokens);

  struct Load {
    uint64_t requests = 0;
    uint64_t tokens = 0;
    uint64_t refused = 0;          ///< Since the start.
    double tokens_per_second = 0;  ///< 0: not measured yet.
  };
  Load load() const;

 private:
  // What may be in beside a request with that deadline, itself included.
  double BoundBy(Clock::time_point deadline) const VETOR_REQUIRES(mutex_);
  // The tokens that are in, each request counted as at most `most`.
  double CountedTokens(double most) const VETOR_REQUIRES(mutex_);
  Refusal Refuse(uint64_t tokens, double bound) const VETOR_REQUIRES(mutex_);
  // Notes the time that passed with requests in.
  void Advance() VETOR_REQUIRES(mutex_);

  const uint64_t most_tokens_;
  const std::function<Clock::time_point()> now_;
  mutable Mutex mutex_;
  Load load_ VETOR_GUARDED_BY(mutex_);
  std::multiset<uint64_t, std::greater<>> in_ VETOR_GUARDED_BY(mutex_);  // Tokens of each request.
  WorkRate rate_ VETOR_GUARDED_BY(mutex_);
  Clock::time_point seen_ VETOR_GUARDED_BY(mutex_);  // Up to when time was noted.
};

}  // namespace vetor
