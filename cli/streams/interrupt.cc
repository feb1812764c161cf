#include "cli/streams/interrupt.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace vetor::cli {

Interrupt::Interrupt(std::function<void()> on_second) : on_second_(std::move(on_second)) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int signal : {SIGPIPE, SIGXFSZ}) sigaction(signal, &ignore, nullptr);
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
      sigaddset(&signals_, signal);
    }
  }
  // The destructor sends this signal to the waiting thread alone, to end it.
  sigaddset(&signals_, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  if (::pipe(wake_pipe_) == 0) {
    for (const int fd : wake_pipe_) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  try {
    waiter_ = std::thread([this] { WaitForSignals(); });
  } catch (const std::system_error&) {
    // Without the thread a signal ends the process, as it does by default.
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }
}

Interrupt::~Interrupt() {
  done_ = true;
  if (waiter_.joinable()) {
    pthread_kill(waiter_.native_handle(), SIGUSR1);
    waiter_.join();
  }
  for (const int fd : wake_pipe_) {
    if (fd >= 0) ::close(fd);
  }
}

void Interrupt::OnHangUp(std::function<void()> reload) {
  const MutexLock lock(&reload_mutex_);
  reload_ = std::move(reload);
}

// Whether a command has taken the signal.
bool Interrupt::Reload() {
  const MutexLock lock(&reload_mutex_);
  if (!reload_) return false;
  reload_();
  return true;
}

void Interrupt::WaitForSignals() {
  while (true) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0) continue;
    if (done_) return;
    if (signal == SIGUSR1) continue;
    if (signal == SIGHUP && Reload()) continue;
    if (stop_.request_stop()) {
      [[maybe_unused]] const auto written = ::write(wake_pipe_[1], "", 1);
    } else {
      on_second_();
    }
  }
}

}  // namespace vetor::cli
