// A model's tokenizer by itself: needs neither ONNX Runtime nor the weights' content.
#pragma once

#include <nanobind/nanobind.h>

namespace vetor::python {

void BindTokenizer(nanobind::module_& module);

}  // namespace vetor::python
