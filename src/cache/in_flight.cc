#include "cache/in_flight.h"

#include <algorithm>
#include <utility>

namespace vetor {

InFlightClaims InFlight::Claim(std::span<const CacheKey> keys) {
  InFlightClaims claims(this);
  claims.claimed_.resize(keys.size());
  const MutexLock lock(&mutex_);
  for (size_t i = 0; i < keys.size(); ++i) {
    InFlightClaims::Claimed& claimed = claims.claimed_[i];
    claimed.key = keys[i];
    auto place = entries_.find(keys[i]);
    const bool fresh = place == entries_.end();
    // Made before it has a place: memory that the system refuses leaves none behind without one.
    if (fresh) place = entries_.emplace(keys[i], std::make_shared<Entry>()).first;
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
  // First what is followed, so that an orphan of our own is not left to ourselves.
  for (Claimed& claimed : claimed_) {
    if (claimed.role == Role::kFollower) LeaveLocked(&claimed);
  }
  for (Claimed& claimed : claimed_) {
    if (claimed.role == Role::kLeader) AbandonLocked(&claimed);
  }
}

std::vector<size_t> InFlightClaims::led() const {
  std::vector<size_t> indices;
  for (size_t i = 0; i < claimed_.size(); ++i) {
    if (claimed_[i].role == Role::kLeader) indices.push_back(i);
  }
  return indices;
}

size_t InFlightClaims::followed() const {
  return static_cast<size_t>(std::count_if(claimed_.begin(), claimed_.end(), [](const Claimed& c) {
    return c.role == Role::kFollower;
  }));
}

void InFlightClaims::Publish(size_t index, std::span<const float> vector) {
  Claimed& claimed = claimed_[index];
  assert(claimed.role == Role::kLeader && vector.size() == owner_->dim_);
  const MutexLock lock(&owner_->mutex_);
  InFlight::Entry& entry = *claimed.entry;
  if (!entry.followers.empty()) entry.vector.assign(vector.begin(), vector.end());
  entry.stage = InFlight::Stage::kPublished;
  for (InFlight::Call* call : entry.followers) call->changed.NotifyAll();
  owner_->entries_.erase(claimed.key);
  claimed.entry.reset();
  claimed.role = Role::kDone;
}

void InFlightClaims::Abandon(size_t index) {
  assert(claimed_[index].role == Role::kLeader);
  const MutexLock lock(&owner_->mutex_);
  AbandonLocked(&claimed_[index]);
}

void InFlightClaims::AbandonLocked(Claimed* claimed) {
  InFlight::Entry& entry = *claimed->entry;
  if (entry.followers.empty()) {
    owner_->entries_.erase(claimed->key);
  } else {
    entry.stage = InFlight::Stage::kOrphan;
    for (InFlight::Call* call : entry.followers) call->changed.NotifyAll();
  }
  claimed->entry.reset();
  claimed->role = Role::kDone;
}

void InFlightClaims::LeaveLocked(Claimed* claimed) {
  InFlight::Entry& entry = *claimed->entry;
  entry.followers.erase(std::find(entry.followers.begin(), entry.followers.end(), call_.get()));
  if (entry.stage == InFlight::Stage::kOrphan && entry.followers.empty()) {
    owner_->entries_.erase(claimed->key);
  }
  claimed->entry.reset();
  claimed->role = Role::kDone;
}

std::vector<size_t> InFlightClaims::CollectLocked(std::span<float> out) {
  std::vector<size_t> taken_over;
  const size_t dim = owner_->dim_;
  for (size_t i = 0; i < claimed_.size(); ++i) {
    Claimed& claimed = claimed_[i];
    if (claimed.role != Role::kFollower) continue;
    InFlight::Entry& entry = *claimed.entry;
    if (entry.stage == InFlight::Stage::kPublished) {
      std::copy(entry.vector.begin(), entry.vector.end(), out.begin() + i * dim);
      LeaveLocked(&claimed);
    } else if (entry.stage == InFlight::Stage::kOrphan) {
      entry.stage = InFlight::Stage::kLed;
      entry.followers.erase(std::find(entry.followers.begin(), entry.followers.end(), call_.get()));
      claimed.role = Role::kLeader;
      taken_over.push_back(i);
    }
  }
  return taken_over;
}

Result<std::vector<size_t>> InFlightClaims::Wait(
    std::span<float> out, const std::stop_token& stop,
    std::optional<std::chrono::steady_clock::time_point> deadline) {
  assert(out.size() >= claimed_.size() * owner_->dim_);
  for (const size_t index : led()) Abandon(index);
  // Declared before the lock and so destroyed after it: its destructor waits for a running
  // callback, which wants the mutex.
  const std::stop_callback wake(stop, [this] {
    const MutexLock lock(&owner_->mutex_);
    call_->changed.NotifyAll();
  });
  const MutexLock lock(&owner_->mutex_);
  bool in_time = true;
  while (true) {
    std::vector<size_t> taken_over = CollectLocked(out);
    if (!taken_over.empty()) return taken_over;
    if (followed() == 0) return std::vector<size_t>();
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
