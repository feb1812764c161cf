// The library's log lines on their way to logging.getLogger("vetor").
//
// A line may come from any thread at any time, even while the interpreter ends; a thread that took
// the GIL then would hang or be killed. So lines wait in a queue, and Python threads fetch them:
// the main thread between two bytecodes (Py_AddPendingCall), and every thread that returns from a
// call.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

/// Logs the lines that wait; if none does, it costs one load. The GIL is held; no exception leaves
/// it.
void DeliverLogLines();

void BindLog(nanobind::module_& module);

}  // namespace vetor::python
