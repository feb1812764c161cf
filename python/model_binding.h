// The functions that get models: ExportModel and PullModel.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

void BindModels(nanobind::module_& module);

}  // namespace vetor::python
