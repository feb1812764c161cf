// Several threads that share one computation, for a text that is the only work. Steps of some ten
// microseconds follow each other, so the members do not sleep between them.
//
// A step is cut into parts that any member may take. So a member that the system does not let run
// delays only the part that it holds, and if no other member comes, the caller does all parts.
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
  /// `members` is the number of threads of a step, with the caller. The others start with the first
  /// session; if the system refuses a thread, the team does without it.
  explicit CoreTeam(size_t members) : members_(members) {}
  ~CoreTeam();
  CoreTeam(const CoreTeam&) = delete;
  CoreTeam& operator=(const CoreTeam&) = delete;

  size_t members() const { return members_; }

  /// The members stand ready as long as a session lives. A session is not entered while another
  /// computation has the team.
  class Session {
   public:
    explicit Session(CoreTeam* team);  ///< `team` may be null: then the caller works alone.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool entered() const { return team_ != nullptr; }
    size_t members() const { return entered() ? team_->members() : 1; }

    /// Calls work(member, first, last) for parts of [0, count), which together hold each index
    /// once; returns when all are done. `work` must not throw. Without a team it calls work(0, 0,
    /// count).
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

  // The number of the step, its parts and the parts that were taken, in one word: a member that
  // takes a part this way knows that the step is still the one whose description it has read.
  std::atomic<uint64_t> parts_ = 0;
  std::atomic<uint32_t> done_ = 0;
  std::atomic<size_t> count_ = 0;
  std::atomic<Step> step_ = nullptr;
  std::atomic<void*> context_ = nullptr;
  std::atomic<uint64_t> session_ = 0;  ///< Odd while a session is open.

  Mutex mutex_;
  CondVar wake_;
  bool started_ VETOR_GUARDED_BY(mutex_) = false;
  bool stopping_ VETOR_GUARDED_BY(mutex_) = false;
  WorkerThreads threads_;  ///< Last: the threads use everything above.
};

}  // namespace vetor
