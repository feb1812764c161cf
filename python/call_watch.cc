#include "python/call_watch.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "python/exceptions.h"
#include "python/log_binding.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

constexpr std::chrono::milliseconds kLook{50};

// The state that the working thread shares with the waiting one.
class Watch {
 public:
  void Report(size_t done, size_t total) {
    const std::lock_guard lock(mutex_);
    done_ = done;
    total_ = total;
  }

  void Finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_one();
  }

  /// Waits for the end of the work, at most kLook; true if it has ended.
  bool WaitForEnd() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLook, [this] { return finished_; });
  }

  /// Calls `progress` if there is news. The GIL is held.
  void Deliver(nb::handle progress) {
    size_t done = 0;
    size_t total = 0;
    {
      const std::lock_guard lock(mutex_);
      done = done_;
      total = total_;
    }
    if (progress.is_none() || done == delivered_) return;
    delivered_ = done;
    progress(done, total);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool finished_ = false;
  size_t done_ = 0;
  size_t total_ = 0;
  size_t delivered_ = 0;  // Used only by the waiting thread.
};

bool WaitForEnd(Watch* watch) {
  const nb::gil_scoped_release released;
  return watch->WaitForEnd();
}

// If the system refuses a thread, the call raises an error.
std::jthread StartThread(std::function<void(const std::stop_token&)> work) {
  try {
    return std::jthread(std::move(work));
  } catch (const std::system_error& error) {
    ThrowStatus(ResourceExhaustedError(std::string("the system gives no thread to compute with (") +
                                       error.what() +
                                       "); raise the limit on processes and threads (ulimit -u, "
                                       "pids.max of the container), or end other processes"));
  }
}

}  // namespace

void RunWatched(nb::handle progress,
                const std::function<void(std::stop_token, const ReportProgress&)>& work) {
  Watch watch;
  std::exception_ptr failure;
  const ReportProgress report = [&watch](size_t done, size_t total) { watch.Report(done, total); };
  std::jthread worker = StartThread([&](const std::stop_token& stop) {
    try {
      work(stop, report);
    } catch (...) {
      failure = std::current_exception();
    }
    watch.Finish();
  });
  try {
    while (!WaitForEnd(&watch)) {
      DeliverLogLines();
      watch.Deliver(progress);
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
    }
    watch.Deliver(progress);
  } catch (...) {
    worker.request_stop();
    const nb::gil_scoped_release released;
    worker.join();
    throw;
  }
  worker.join();  // Returns at once, because the work has ended.
  DeliverLogLines();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace vetor::python
