// Calls of EmbedAsync, for which no thread waits. Each call is a task of the scheduler's workers.
// It is woken by the event that it waits for, and holds only its own memory until then. Its first
// step, the look into the cache, is on a thread beside the workers: one for short calls, which so
// do not wait for long ones, and one for these. What is cached ends there.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_annotations.h"
#include "batching/scheduler.h"
#include "service/embed_flow.h"
#include "service/look_up_thread.h"
#include "vetor/embeddings_service.h"

namespace vetor {

struct AsyncRequest {
  std::vector<std::string> texts;
  EmbedOptions options;
  EmbeddingsService::EmbedCallback done;
};

/// The calls under way of one service. Thread-safe.
class AsyncCalls {
 public:
  /// Borrows both arguments.
  AsyncCalls(const FlowParts& parts, Scheduler* scheduler) : parts_(parts), scheduler_(scheduler) {}
  /// REQUIRES: Close was called, or no call was started.
  ~AsyncCalls() = default;
  AsyncCalls(const AsyncCalls&) = delete;
  AsyncCalls& operator=(const AsyncCalls&) = delete;

  /// Starts a call. It calls `request.done` once, from a worker or a thread for look-ups; from this
  /// thread only if there is no memory to begin the call.
  void Start(AsyncRequest request);

  /// Ends every call with CANCELLED and returns when each has called back, which includes callbacks
  /// that are running. Calls that begin from now on end in the same way.
  void Close();

  /// Whether this is a thread for look-ups.
  bool RunsHere() const { return short_look_ups_.RunsHere() || long_look_ups_.RunsHere(); }

 private:
  class Call;
  using Live = std::list<std::shared_ptr<Call>>;

  void RefuseWithoutCallback();
  bool closing() const;
  void Remove(Live::iterator place);
  void HandOver(const std::shared_ptr<Call>& call);

  const FlowParts& parts_;
  Scheduler* const scheduler_;
  mutable Mutex mutex_;
  bool closing_ VETOR_GUARDED_BY(mutex_) = false;
  Live live_ VETOR_GUARDED_BY(mutex_);
  CondVar none_;
  std::atomic<bool> told_of_no_callback_{false};
  LookUpThread short_look_ups_;  ///< Last, as the next: their threads use all of the above.
  LookUpThread long_look_ups_;
};

}  // namespace vetor
