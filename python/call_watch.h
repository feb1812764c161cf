// A long call of the library, made so that Python stays alive meanwhile.
//
// The work runs on a thread of its own and never touches Python. The calling thread waits without
// the GIL and comes back every 50 ms: to hear Ctrl-C (signal handlers run only in Python's main
// thread), to pass progress on, and to hand over log lines. If a handler or the progress function
// raises, the work is asked to stop and the exception goes on once it has.
//
// Starting a thread costs 20 to 30 us, which a call of a few cached texts must not pay: see
// kWatchedBytes in service_binding.cc.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <functional>
#include <stop_token>

namespace vetor::python {

/// Tells how far the work is; callable from any thread.
using ReportProgress = std::function<void(size_t done, size_t total)>;

/// Returns when `work` has. The GIL is held on entry and exit. `progress` is None or a callable of
/// (done, total). `work` must not use Python; what it throws (std::bad_alloc) comes out here.
/// Raises ResourceExhausted where the system gives no thread.
void RunWatched(
    nanobind::handle progress,
    const std::function<void(std::stop_token stop, const ReportProgress& report)>& work);

}  // namespace vetor::python
