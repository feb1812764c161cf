// A second session over the same weights, with a thread a core inside a run, for a batch that has
// the machine to itself: a lonely text is answered by all cores, while bulk work keeps one thread a
// run and a run a core, which gives more texts a second.
//
// MiniLM, a text of 12 tokens, two cores: 1.40 ms instead of 2.68 (2.06 with threads that sleep
// between nodes instead of spinning). They spin within a run only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "backend/onnx/ort.h"

namespace vetor {

/// Thread-safe.
class AloneSession {
 public:
  /// `open` gives the session, or throws: then there is none, and batches go on as they did. It is
  /// called once, by a thread of its own; where that cannot be started there is no session either.
  explicit AloneSession(std::function<std::unique_ptr<Ort::Session>()> open);

  /// For a batch that is alone: the session, or null while it is not there. The fourth such batch
  /// starts opening it: who asks once does not pay for it, and nobody waits.
  Ort::Session* ForBatch();

 private:
  void Open();

  std::function<std::unique_ptr<Ort::Session>()> open_;
  std::atomic<int> asked_ = 0;
  std::unique_ptr<Ort::Session> session_;
  std::atomic<Ort::Session*> ready_ = nullptr;
  std::jthread opener_;  ///< Last: it uses everything above.
};

}  // namespace vetor
