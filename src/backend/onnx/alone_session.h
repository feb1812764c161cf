// A second session over the same weights that spends all cores on one run. It serves a batch that
// starts while nothing else is queued (latency). Bulk work stays on the first session, with one
// thread per run and one run per core (throughput).
//
// MiniLM, a text of 12 tokens, two cores: 1.40 ms instead of 2.68 (2.06 with threads that sleep
// between nodes instead of spinning). The threads spin within a run only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "backend/onnx/ort.h"
#include "os/worker_threads.h"

namespace vetor {

/// Thread-safe.
class AloneSession {
 public:
  /// `open` makes the session, or throws: then there is no second session, and batches run as
  /// before. It is called once, by a thread of its own; if that thread cannot be started, there is
  /// no second session either.
  explicit AloneSession(std::function<std::unique_ptr<Ort::Session>()> open);

  /// For a batch that is alone: the session, or null while it is not open. The fourth such batch
  /// opens it in the background, so a process that embeds once never pays for it.
  Ort::Session* ForBatch();

 private:
  void Open();

  std::function<std::unique_ptr<Ort::Session>()> open_;
  std::atomic<int> asked_ = 0;
  std::unique_ptr<Ort::Session> session_;
  std::atomic<Ort::Session*> ready_ = nullptr;
  WorkerThreads opener_;  ///< Last: it uses everything above.
};

}  // namespace vetor
