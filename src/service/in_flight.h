// A text that several calls want at once is computed by one of them; the others wait for it.
//
//   InFlightClaims claims = in_flight.Claim(jobs);      // the texts that the cache does not hold
//   std::vector<TextJob*> led = claims.led();
//   while (true) {
//     ... look in the cache once more for the texts that this call leads: another call may have
//         finished one between this call's look and its claim; compute the rest; cache.Insert;
//         claims.Publish each ...
//     auto more = claims.Wait(stop, deadline);        // error: CANCELLED, DEADLINE_EXCEEDED
//     if (!more.ok()) return more.status();
//     if (more->empty()) break;                       // every followed job has its record
//     led = *more;                                    // their leaders gave up: ours now
//   }
//
// Insert into the cache before Publish: from then on newcomers look there. No deadlock: a call
// publishes or abandons all that it leads before it waits (Wait abandons what is left).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"
#include "cache/record.h"
#include "vetor/status.h"

namespace vetor {

/// A text of a call that is to be computed, by this call or by another.
struct TextJob {
  size_t row = 0;  ///< In the call.
  CacheKey key;
  Record record;  ///< Once it is computed; owns its payload.
};

class InFlightClaims;

/// Thread-safe. Must outlive its claims; not usable in a forked child.
class InFlight {
 public:
  InFlight() = default;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  /// Called when a text that the call follows was published or abandoned. Runs on other threads,
  /// with this object's mutex held, while the claims live; must not throw.
  using OnChange = std::function<void()>;

  /// For each job: this call leads it (no call computes its key yet) or follows the computation of
  /// another call. A key given twice is led once and followed once. The jobs outlive the claims.
  /// `on_change` is for a call that no thread waits for; Poll then says what has happened.
  InFlightClaims Claim(std::span<TextJob> jobs, OnChange on_change = {});

  /// Keys being computed now.
  size_t size() const;

 private:
  friend class InFlightClaims;

  // A call that waits: its thread is woken through `changed`, or it is told through `on_change`.
  struct Call {
    CondVar changed;
    OnChange on_change;
    void Notify() {
      changed.NotifyAll();
      if (on_change) on_change();
    }
  };
  enum class Stage : uint8_t { kLed, kPublished, kOrphan };
  struct Entry {
    Stage stage = Stage::kLed;
    Record record;                 // Set when published with followers.
    std::vector<Call*> followers;  // One for each job that follows.
  };
  using Map = std::unordered_map<CacheKey, std::shared_ptr<Entry>, CacheKeyHash>;

  mutable Mutex mutex_;
  Map entries_ VETOR_GUARDED_BY(mutex_);
};

/// One call's part in the computations under way. Used by one thread at a time. Destruction
/// abandons the jobs that are still led, so that a waiting call takes them over, and no longer
/// follows the others.
class InFlightClaims {
 public:
  InFlightClaims(InFlightClaims&&) noexcept = default;
  InFlightClaims& operator=(InFlightClaims&&) = delete;
  InFlightClaims(const InFlightClaims&) = delete;
  InFlightClaims& operator=(const InFlightClaims&) = delete;
  ~InFlightClaims();

  /// The jobs that this call must compute now, in their order.
  std::vector<TextJob*> led() const;
  /// The number of jobs that another call, or an earlier copy of the text in this call, computes.
  size_t followed() const;

  /// Hands the record of a led job to its followers. REQUIRES: the job is led, its record owns its
  /// payload.
  void Publish(const TextJob* job);

  /// Gives up a led job; a follower takes it over. REQUIRES: the job is led.
  void Abandon(const TextJob* job);

  /// Waits until every followed job has its record, or until a leader gave up: then returns the
  /// jobs that this call leads from now on (see above). If the list is empty, all is done. Errors:
  /// CANCELLED, DEADLINE_EXCEEDED; published records are in their jobs even then.
  Result<std::vector<TextJob*>> Wait(const std::stop_token& stop,
                                     std::optional<std::chrono::steady_clock::time_point> deadline);

  /// What Wait would return now; nothing if it would wait.
  std::optional<std::vector<TextJob*>> Poll();

 private:
  friend class InFlight;
  enum class Role : uint8_t { kLeader, kFollower, kDone };
  struct Claimed {
    TextJob* job = nullptr;
    std::shared_ptr<InFlight::Entry> entry;
    Role role = Role::kDone;
  };

  InFlightClaims(InFlight* owner, std::span<TextJob> jobs)
      : owner_(owner), call_(std::make_unique<InFlight::Call>()), claimed_(jobs.size()) {}

  Claimed& ClaimedOf(const TextJob* job) { return claimed_[job - claimed_.front().job]; }
  void AbandonLocked(Claimed* claimed) VETOR_REQUIRES(owner_->mutex_);
  void LeaveLocked(Claimed* claimed) VETOR_REQUIRES(owner_->mutex_);
  std::optional<std::vector<TextJob*>> PollLocked() VETOR_REQUIRES(owner_->mutex_);
  // Takes the published records, and takes over the orphaned jobs, which it returns.
  std::vector<TextJob*> CollectLocked() VETOR_REQUIRES(owner_->mutex_);

  InFlight* owner_;
  std::unique_ptr<InFlight::Call> call_;  // Null after a move. Entries hold its address.
  std::vector<Claimed> claimed_;          // One for each job, in their order.
};

}  // namespace vetor
