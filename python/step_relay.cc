#include "python/step_relay.h"

namespace vetor::python {

namespace nb = nanobind;

nb::object StepRelay::Callable() {
  if (progress_.is_none()) return nb::none();
  return nb::cpp_function([this](size_t, size_t) { Deliver(); });
}

void StepRelay::Tell(const ReportProgress& report, std::string_view step, double fraction) {
  size_t told = 0;
  {
    const std::lock_guard lock(mutex_);
    step_ = step;
    fraction_ = fraction;
    told = ++told_;
  }
  report(told, 0);
}

void StepRelay::Deliver() {
  std::string step;
  double fraction = 0;
  {
    const std::lock_guard lock(mutex_);
    step = step_;
    fraction = fraction_;
  }
  // Steps may quote file names that are not UTF-8.
  const nb::object text =
      nb::steal(PyUnicode_DecodeUTF8(step.data(), static_cast<Py_ssize_t>(step.size()), "replace"));
  progress_(text, fraction);
}

}  // namespace vetor::python
