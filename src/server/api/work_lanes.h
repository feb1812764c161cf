// Threads for work that is too long for the thread of the connections and for the workers that
// compute: the JSON of a large body or answer, the tokens of /tokenize.
//
//   WorkLanes lanes;
//   lanes.Post(body.size(), [exchange] { Dispatch(exchange); });
//   ...
//   lanes.Close();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

#include "base/thread_annotations.h"
#include "os/worker_threads.h"

namespace vetor {

/// Thread-safe. There is a lane for small, medium and large work, each with threads of its own, so
/// that work waits behind other work of about its size only.
class WorkLanes {
 public:
  /// The most that work of the first two lanes costs, as bytes of JSON that are read or written:
  /// one millisecond, and twenty.
  static constexpr uint64_t kSmallCost = 256 << 10;
  static constexpr uint64_t kMediumCost = 4 << 20;

  /// Half of the cores, at most four: the workers that compute share them.
  static size_t ThreadsPerLane();

  WorkLanes();
  /// REQUIRES: Close was called, or this is none of the threads.
  ~WorkLanes() { Close(); }
  WorkLanes(const WorkLanes&) = delete;
  WorkLanes& operator=(const WorkLanes&) = delete;

  /// Runs `task`, which must not throw. The tasks of a lane begin in the order in which they came.
  /// After Close, or if the system gave no thread, `task` runs here.
  void Post(uint64_t cost, std::function<void()> task);

  /// Runs the tasks that wait, then ends the threads. Not from one of them.
  void Close();

 private:
  class Lane {
   public:
    void Start(size_t threads);
    void Post(std::function<void()> task);
    void Stop();
    void Join() { threads_.Join(); }

   private:
    void Loop();
    void RunNext() VETOR_REQUIRES(mutex_);

    Mutex mutex_;
    CondVar changed_;
    std::deque<std::function<void()>> tasks_ VETOR_GUARDED_BY(mutex_);
    bool open_ VETOR_GUARDED_BY(mutex_) = false;
    WorkerThreads threads_;  ///< After all that they use: joined before that is gone.
  };

  std::array<Lane, 3> lanes_;
};

}  // namespace vetor
