#include "service/in_flight.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace vetor {

InFlightClaims InFlight::Claim(std::span<TextJob> jobs, OnChange on_change) {
  InFlightClaims claims(this, jobs);
  claims.call_->on_change = std::move(on_change);
  const MutexLock lock(&mutex_);
  for (size_t i = 0; i < jobs.size(); ++i) {
    InFlightClaims::Claimed& claimed = claims.claimed_[i];
    claimed.job = &jobs[i];
    auto place = entries_.find(jobs[i].key);
    const bool fresh = place == entries_.end();
    // The entry is made before it has a place in the map, so that a failed allocation leaves no
    // place without an entry.
    if (fresh) place = entries_.emplace(jobs[i].key, std::make_shared<Entry>()).first;
    claimed.entry = place->second;
    if (fresh || claimed.entry->stage == Stage::kOrphan) {
      claimed.entry->stage = Stage::kLed;
      claimed.role = InFlightClaims::Role::kLeader;
    } else {
      claimed.entry->followers.push_back(claims.call_.get());
      claimed.role = InFlightClaims::Role::kFollower;
    }
  }
  return claims;
}

size_t InFlight::size() const {
  const MutexLock lock(&mutex_);
  return entries_.size();
}

InFlightClaims::~InFlightClaims() {
  if (call_ == nullptr) return;
  const MutexLock lock(&owner_->mutex_);
  // The jobs that this call follows come first, so that it does not become the follower of a job
  // that it abandons itself.
  for (Claimed& claimed : claimed_) {
    if (claimed.role == Role::kFollower) LeaveLocked(&claimed);
  }
  for (Claimed& claimed : claimed_) {
    if (claimed.role == Role::kLeader) AbandonLocked(&claimed);
  }
}

std::vector<TextJob*> InFlightClaims::led() const {
  std::vector<TextJob*> jobs;
  for (const Claimed& claimed : claimed_) {
    if (claimed.role == Role::kLeader) jobs.push_back(claimed.job);
  }
  return jobs;
}

size_t InFlightClaims::followed() const {
  return static_cast<size_t>(std::count_if(claimed_.begin(), claimed_.end(), [](const Claimed& c) {
    return c.role == Role::kFollower;
  }));
}

void InFlightClaims::Publish(const TextJob* job) {
  Claimed& claimed = ClaimedOf(job);
  assert(claimed.role == Role::kLeader && job->record.payload.owner != nullptr);
  const MutexLock lock(&owner_->mutex_);
  InFlight::Entry& entry = *claimed.entry;
  if (!entry.followers.empty()) entry.record = job->record;
  entry.stage = InFlight::Stage::kPublished;
  for (InFlight::Call* call : entry.followers) call->Notify();
  owner_->entries_.erase(job->key);
  claimed.entry.reset();
  claimed.role = Role::kDone;
}

void InFlightClaims::Abandon(const TextJob* job) {
  Claimed& claimed = ClaimedOf(job);
  assert(claimed.role == Role::kLeader);
  const MutexLock lock(&owner_->mutex_);
  AbandonLocked(&claimed);
}

void InFlightClaims::AbandonLocked(Claimed* claimed) {
  InFlight::Entry& entry = *claimed->entry;
  if (entry.followers.empty()) {
    owner_->entries_.erase(claimed->job->key);
  } else {
    entry.stage = InFlight::Stage::kOrphan;
    for (InFlight::Call* call : entry.followers) call->Notify();
  }
  claimed->entry.reset();
  claimed->role = Role::kDone;
}

void InFlightClaims::LeaveLocked(Claimed* claimed) {
  InFlight::Entry& entry = *claimed->entry;
  entry.followers.erase(std::find(entry.followers.begin(), entry.followers.end(), call_.get()));
  if (entry.stage == InFlight::Stage::kOrphan && entry.followers.empty()) {
    owner_->entries_.erase(claimed->job->key);
  }
  claimed->entry.reset();
  claimed->role = Role::kDone;
}

std::vector<TextJob*> InFlightClaims::CollectLocked() {
  std::vector<TextJob*> taken_over;
  for (Claimed& claimed : claimed_) {
    if (claimed.role != Role::kFollower) continue;
    InFlight::Entry& entry = *claimed.entry;
    if (entry.stage == InFlight::Stage::kPublished) {
      claimed.job->record = entry.record;
      LeaveLocked(&claimed);
    } else if (entry.stage == InFlight::Stage::kOrphan) {
      entry.stage = InFlight::Stage::kLed;
      entry.followers.erase(std::find(entry.followers.begin(), entry.followers.end(), call_.get()));
      claimed.role = Role::kLeader;
      taken_over.push_back(claimed.job);
    }
  }
  return taken_over;
}

std::optional<std::vector<TextJob*>> InFlightClaims::PollLocked() {
  std::vector<TextJob*> taken_over = CollectLocked();
  if (taken_over.empty() && followed() > 0) return std::nullopt;
  return taken_over;
}

std::optional<std::vector<TextJob*>> InFlightClaims::Poll() {
  for (const TextJob* job : led()) Abandon(job);
  const MutexLock lock(&owner_->mutex_);
  return PollLocked();
}

Result<std::vector<TextJob*>> InFlightClaims::Wait(
    const std::stop_token& stop, std::optional<std::chrono::steady_clock::time_point> deadline) {
  for (const TextJob* job : led()) Abandon(job);
  // Declared before the lock, and so destroyed after it: its destructor waits for a running
  // callback, which needs the mutex.
  const std::stop_callback wake(stop, [this] {
    const MutexLock lock(&owner_->mutex_);
    call_->changed.NotifyAll();
  });
  const MutexLock lock(&owner_->mutex_);
  bool in_time = true;
  while (true) {
    if (std::optional<std::vector<TextJob*>> taken_over = PollLocked()) return *taken_over;
    if (stop.stop_requested()) {
      return CancelledError("the call was cancelled while another call computed its texts");
    }
    if (!in_time) {
      return DeadlineExceededError(
          "the call's deadline passed while another call computed its texts");
    }
    if (deadline.has_value()) {
      in_time = call_->changed.WaitUntil(&owner_->mutex_, *deadline);
    } else {
      call_->changed.Wait(&owner_->mutex_);
    }
  }
}

}  // namespace vetor
