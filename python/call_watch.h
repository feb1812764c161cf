// Runs a long call of the library so that Python keeps working meanwhile.
//
// The work runs on a thread of its own and never touches Python. The calling thread waits without
// the GIL and comes back every 50 ms: to notice Ctrl-C (signal handlers run only in Python's main
// thread), to report progress, and to deliver log lines. If a handler or the progress function
// raises, the work is asked to stop, and the exception is raised once it has.
//
// Starting a thread costs 20 to 30 us, which a call of a few cached texts must not pay: see
// kWatchedBytes in service_binding.cc.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <functional>
#include <stop_token>

namespace vetor::python {

/// Reports how far the work is; may be called from any thread.
using ReportProgress = std::function<void(size_t done, size_t total)>;

/// Runs `work` and returns when it has returned. The GIL is held on entry and exit. `progress` is
/// None or a callable of (done, total). `work` must not use Python; its exceptions (std::bad_alloc)
/// are thrown here. Raises ResourceExhausted if the system gives no thread.
void RunWatched(
    nanobind::handle progress,
    const std::function<void(std::stop_token stop, const ReportProgress& report)>& work);

}  // namespace vetor::python
