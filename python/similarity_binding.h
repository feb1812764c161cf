// Exact search and pairs over numpy arrays.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

void BindSimilarity(nanobind::module_& module);

}  // namespace vetor::python
