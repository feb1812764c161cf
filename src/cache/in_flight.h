// A text that several calls want at once is computed by one of them; the others wait for it.
//
//   InFlightClaims claims = in_flight.Claim(missed_keys);
//   std::vector<size_t> led = claims.led();
//   while (true) {
//     ... look in the cache once more for what is led: another call may have finished it between
//         this call's look and its claim; compute the rest; cache.Insert; claims.Publish each ...
//     auto more = claims.Wait(out, stop, deadline);   // error: CANCELLED, DEADLINE_EXCEEDED
//     if (!more.ok()) return more.status();
//     if (more->empty()) break;                       // every followed row is in `out`
//     led = *more;                                    // their leaders gave up: ours now
//   }
//
// Insert into the cache before Publish: from then on newcomers look there. No deadlock: a call
// publishes or abandons all that it leads before it waits (Wait abandons what is left).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"
#include "vetor/status.h"

namespace vetor {

class InFlightClaims;

/// Thread-safe. Must outlive its claims; not usable in a forked child.
class InFlight {
 public:
  /// Every vector has `dim` floats.
  explicit InFlight(size_t dim) : dim_(dim) {}
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  /// For each key: this call leads it (nobody computes it yet) or follows another's computation. A
  /// key given twice is led once and followed once.
  InFlightClaims Claim(std::span<const CacheKey> keys);

  /// Keys being computed now.
  size_t size() const;

 private:
  friend class InFlightClaims;

  // A call that waits, woken through its own condition.
  struct Call {
    CondVar changed;
  };
  enum class Stage : uint8_t { kLed, kPublished, kOrphan };
  struct Entry {
    Stage stage = Stage::kLed;
    std::vector<float> vector;     // Set when published with followers.
    std::vector<Call*> followers;  // One for each followed index.
  };
  using Map = std::unordered_map<CacheKey, std::shared_ptr<Entry>, CacheKeyHash>;

  const size_t dim_;
  mutable Mutex mutex_;
  Map entries_ VETOR_GUARDED_BY(mutex_);
};

/// One call's part in the computations under way. Used by one thread at a time. Destruction
/// abandons what is still led, so that a waiting call takes it over, and leaves what is followed.
class InFlightClaims {
 public:
  InFlightClaims(InFlightClaims&&) noexcept = default;
  InFlightClaims& operator=(InFlightClaims&&) = delete;
  InFlightClaims(const InFlightClaims&) = delete;
  InFlightClaims& operator=(const InFlightClaims&) = delete;
  ~InFlightClaims();

  /// Indices into the claimed keys, ascending, that this call must compute now.
  std::vector<size_t> led() const;
  /// How many of the claimed keys other calls (or an earlier copy in this one) compute.
  size_t followed() const;

  /// Hands the vector of a led key to its followers. REQUIRES: `index` is led, vector.size() ==
  /// dim.
  void Publish(size_t index, std::span<const float> vector);

  /// Gives a led key up; a follower takes it over. REQUIRES: `index` is led.
  void Abandon(size_t index);

  /// Waits until every followed key is published and writes vector i to out[i * dim], or until a
  /// leader gave up: then returns the indices that this call leads from now on (see above). Empty:
  /// done. Errors: CANCELLED, DEADLINE_EXCEEDED; published rows are in `out` even then.
  Result<std::vector<size_t>> Wait(std::span<float> out, const std::stop_token& stop,
                                   std::optional<std::chrono::steady_clock::time_point> deadline);

 private:
  friend class InFlight;
  enum class Role : uint8_t { kLeader, kFollower, kDone };
  struct Claimed {
    CacheKey key;
    std::shared_ptr<InFlight::Entry> entry;
    Role role = Role::kDone;
  };

  explicit InFlightClaims(InFlight* owner)
      : owner_(owner), call_(std::make_unique<InFlight::Call>()) {}

  void AbandonLocked(Claimed* claimed) VETOR_REQUIRES(owner_->mutex_);
  void LeaveLocked(Claimed* claimed) VETOR_REQUIRES(owner_->mutex_);
  // Copies what is published, takes over what is orphaned (indices returned).
  std::vector<size_t> CollectLocked(std::span<float> out) VETOR_REQUIRES(owner_->mutex_);

  InFlight* owner_;
  std::unique_ptr<InFlight::Call> call_;  // Null after a move. Its address is known to entries.
  std::vector<Claimed> claimed_;
};

}  // namespace vetor
