// EmbeddingsService for Python: vetor._native.Service, and the Embeddings that it returns.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

void BindService(nanobind::module_& module);

}  // namespace vetor::python
