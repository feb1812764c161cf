// Ctrl-C, SIGTERM and SIGHUP (the terminal was closed) as a std::stop_token. A command that reads
// something again on SIGHUP takes that signal for itself.
//
// The first signal asks the work to stop. The second one calls `on_second`, which ends the process
// at once. Signals are taken by a thread that waits for them, so that none of the rules for signal
// handlers apply.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>

#include "base/thread_annotations.h"

namespace vetor::cli {

/// One per process, made before any other thread, so that all threads inherit the blocked signals.
/// A signal that was ignored at start (nohup, background jobs of a script) stays ignored. SIGPIPE
/// and SIGXFSZ are ignored: writing to a closed pipe, or a file beyond the limit on sizes, is an
/// error like any other. If the system gives no thread to wait with, a signal ends the process.
class Interrupt {
 public:
  /// `on_second` runs on the waiting thread at the second signal and each one after.
  explicit Interrupt(std::function<void()> on_second);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

  /// From now on SIGHUP calls `reload`, on the waiting thread, and stops nothing. An empty function
  /// gives the signal its meaning back; a call that is under way ends before this returns.
  void OnHangUp(std::function<void()> reload);

  /// Readable from the first signal on, for poll() beside a read that may block. Never read it.
  int wake_fd() const { return wake_pipe_[0]; }

 private:
  void WaitForSignals();

  bool Reload();

  std::function<void()> on_second_;
  Mutex reload_mutex_;
  std::function<void()> reload_ VETOR_GUARDED_BY(reload_mutex_);
  std::stop_source stop_;
  int wake_pipe_[2] = {-1, -1};
  sigset_t signals_;
  std::atomic<bool> done_{false};
  std::thread waiter_;
};

}  // namespace vetor::cli
