// Whether the models compute: a pass of each model, made when somebody asks and no pass ended well
// lately, one at a time and shared by all who ask meanwhile.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/thread_annotations.h"
#include "server/api/model_table.h"
#include "vetor/status.h"

namespace vetor {

/// Thread-safe. Made by std::make_shared: passes that run keep it alive.
class HealthCheck : public std::enable_shared_from_this<HealthCheck> {
 public:
  using Clock = std::chrono::steady_clock;
  using OnResult = std::function<void(const Status& status)>;

  /// How long a pass that ended well counts.
  static constexpr std::chrono::seconds kGoodFor{10};

  /// `now` is the clock for that.
  explicit HealthCheck(std::function<Clock::time_point()> now) : now_(std::move(now)) {}

  /// A pass of that model ended well, of a request or of this check.
  void NotePass(const ServedEntry* entry);

  /// Calls `done` once, at once or when the pass that it begins or joins has ended. Errors: that of
  /// the first model that failed, with its name. A pass goes past the bound on waiting tokens, and
  /// the service's fair queue gives it the next batch.
  void Ask(std::span<const ServedEntry* const> entries, OnResult done);

 private:
  void Start(std::span<const ServedEntry* const> stale);
  void Ended(const ServedEntry* entry, const Status& status);

  const std::function<Clock::time_point()> now_;
  Mutex mutex_;
  std::map<const ServedEntry*, Clock::time_point> good_ VETOR_GUARDED_BY(mutex_);
  std::vector<OnResult> waiting_ VETOR_GUARDED_BY(mutex_);
  size_t running_ VETOR_GUARDED_BY(mutex_) = 0;  ///< Models whose pass has not ended.
  Status failure_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
