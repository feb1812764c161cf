// A model's tokenizer by itself. It needs neither ONNX Runtime nor the content of the weights.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

void BindTokenizer(nanobind::module_& module);

}  // namespace vetor::python
