// Passes on the progress of work that names its steps, such as an export, from the working thread
// to a Python function of (step, fraction), by way of RunWatched's counter.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "python/call_watch.h"

namespace vetor::python {

/// Lives on the stack of the call, around RunWatched. Only the newest step is reported: steps that
/// last less than RunWatched's 50 ms may not be seen.
class StepRelay {
 public:
  /// `progress` is None or a callable of (step: str, fraction: float).
  explicit StepRelay(nanobind::handle progress) : progress_(progress) {}
  StepRelay(const StepRelay&) = delete;
  StepRelay& operator=(const StepRelay&) = delete;

  /// The function that RunWatched is to call; None if there is no progress function. Valid as long
  /// as this object. Needs the GIL.
  nanobind::object Callable();

  /// Reports a step, from the working thread. `fraction` is that of the whole work, in [0, 1].
  void Tell(const ReportProgress& report, std::string_view step, double fraction);

 private:
  void Deliver();

  nanobind::handle progress_;
  std::mutex mutex_;
  std::string step_;
  double fraction_ = 0;
  size_t told_ = 0;
};

}  // namespace vetor::python
