#include "server/api/health_check.h"

#include <utility>

#include "base/exceptions.h"

namespace vetor {
namespace {

// A model that needs longer for one word is not well.
constexpr std::chrono::seconds kLongestPass{10};

}  // namespace

void HealthCheck::NotePass(const ServedEntry* entry) {
  const Clock::time_point now = now_();
  const MutexLock lock(&mutex_);
  good_[entry] = now;
}

void HealthCheck::Ask(std::span<const ServedEntry* const> entries, OnResult done) {
  const Clock::time_point now = now_();
  std::vector<const ServedEntry*> stale;
  {
    const MutexLock lock(&mutex_);
    for (const ServedEntry* entry : entries) {
      const auto good = good_.find(entry);
      if (good == good_.end() || now - good->second > kGoodFor) stale.push_back(entry);
    }
    if (!stale.empty()) {
      waiting_.push_back(std::exchange(done, nullptr));
      if (running_ > 0) return;
      running_ = stale.size();
      failure_ = Status();
    }
  }
  if (done) return done(Status());
  Start(stale);
}

void HealthCheck::Start(std::span<const ServedEntry* const> stale) {
  for (const ServedEntry* entry : stale) {
    const Status begun = CatchExceptions([this, entry] {
      EmbedOptions options;
      options.use_cache = false;
      options.prompt = "";
      options.deadline = Clock::now() + kLongestPass;
      entry->service().EmbedAsync(
          {"health"}, std::move(options),
          [self = shared_from_this(), entry](const Result<Embeddings>& row) {
            self->Ended(entry, row.status());
          });
      return Status();
    });
    if (!begun.ok()) Ended(entry, begun);
  }
}

void HealthCheck::Ended(const ServedEntry* entry, const Status& status) {
  const Clock::time_point now = now_();
  std::vector<OnResult> waiting;
  Status failure;
  {
    const MutexLock lock(&mutex_);
    if (status.ok()) {
      good_[entry] = now;
    } else if (failure_.ok()) {
      failure_ = status.WithContext("the model \"" + entry->name + "\" failed a pass");
    }
    if (--running_ > 0) return;
    waiting.swap(waiting_);
    failure = failure_;
  }
  for (const OnResult& done : waiting) done(failure);
}

}  // namespace vetor
