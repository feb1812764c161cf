// Several threads inside one computation, for a text that has the machine to itself: steps of some
// ten microseconds follow each other, so members do not sleep between them.
//
// A step is cut into parts that any member may take, so that a member that the system does not let
// run delays nothing but the part it holds: if none of the others come, the caller does it all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "base/thread_annotations.h"
#include "os/worker_threads.h"

namespace vetor {

/// Thread-safe; used by one computation at a time.
class CoreTeam {
 public:
  /// `members`: threads of a step, the caller's among them. The others start with the first
  /// session; one that the system refuses is done without.
  explicit CoreTeam(size_t members) : members_(members) {}
  ~CoreTeam();
  CoreTeam(const CoreTeam&) = delete;
  CoreTeam& operator=(const CoreTeam&) = delete;

  size_t members() const { return members_; }

  /// While it lives the members stand ready. Not entered while another computation has the team.
  class Session {
   public:
    explicit Session(CoreTeam* team);  ///< Null: no team.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool entered() const { return team_ != nullptr; }
    size_t members() const { return entered() ? team_->members() : 1; }

    /// work(member, first, last) over parts of [0, count), each index once; returns when all are
    /// done. `work` must not throw. Without a team: work(0, 0, count).
    template <typename Work>
    void Run(size_t count, Work& work) {
      if (!entered() || count < 2) {
        if (count > 0) work(size_t{0}, size_t{0}, count);
        return;
      }
      team_->RunStep(
          count,
          [](void* context, size_t member, size_t first, size_t last) {
            (*static_cast<Work*>(context))(member, first, last);
          },
          &work);
    }

   private:
    CoreTeam* team_;
  };

 private:
  using Step = void (*)(void* context, size_t member, size_t first, size_t last);

  bool Enter();
  void Leave();
  void StartMembers() VETOR_REQUIRES(mutex_);
  void MemberLoop(size_t member);
  void RunStep(size_t count, Step step, void* context);
  // Takes a part of the current step and does it; false if there is none left.
  bool DoPart(size_t member);

  const size_t members_;
  std::atomic<bool> taken_ = false;

  // The step, its number of parts and how many were taken, in one word: who takes a part so knows
  // that the step is still the one whose description it has read.
  std::atomic<uint64_t> parts_ = 0;
  std::atomic<uint32_t> done_ = 0;
  std::atomic<size_t> count_ = 0;
  std::atomic<Step> step_ = nullptr;
  std::atomic<void*> context_ = nullptr;
  std::atomic<uint64_t> session_ = 0;  ///< Odd while one is open.

  Mutex mutex_;
  CondVar wake_;
  bool started_ VETOR_GUARDED_BY(mutex_) = false;
  bool stopping_ VETOR_GUARDED_BY(mutex_) = false;
  WorkerThreads threads_;  ///< Last: they use everything above.
};

}  // namespace vetor
