// How much work may wait or run at once, in tokens over all requests. What is more is refused at
// once, so that a client of an overloaded server learns it in a moment and memory stays bounded.
// Texts that the cache holds are no work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/thread_annotations.h"
#include "vetor/status.h"

namespace vetor {

/// About how many tokens the texts have, before they are tokenized: one per four bytes and two
/// special ones, at most `max_length` each (0: no bound).
uint64_t EstimateTokens(std::span<const std::string_view> texts, int max_length);

/// Thread-safe.
class Admission {
 public:
  explicit Admission(uint64_t most_tokens) : most_tokens_(most_tokens) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// RESOURCE_EXHAUSTED, with the numbers, if the tokens do not fit beside those that are in. A
  /// request that is larger than the whole bound is let in when it is the only one.
  Status Enter(uint64_t tokens);
  /// REQUIRES: Enter(tokens) was OK.
  void Leave(uint64_t tokens);

  struct Load {
    uint64_t requests = 0;
    uint64_t tokens = 0;
    uint64_t refused = 0;  ///< Since the start.
  };
  Load load() const;

 private:
  const uint64_t most_tokens_;
  mutable Mutex mutex_;
  Load load_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
