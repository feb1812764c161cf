// The library's log lines on their way to logging.getLogger("vetor").
//
// A line may come from any thread, at any time, also while the interpreter ends; a thread that took
// the GIL then would hang or be killed. So lines wait in a queue, and Python threads fetch them:
// the main thread between two bytecodes (Py_AddPendingCall), and every thread that returns from a
// call.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

/// Logs what waits. Costs a load when nothing does. The GIL is held; no exception leaves it.
void DeliverLogLines();

void BindLog(nanobind::module_& module);

}  // namespace vetor::python
