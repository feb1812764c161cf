// RunBenchmark, and its report as JSON, table and page.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

void BindBenchmark(nanobind::module_& module);

}  // namespace vetor::python
