// A Status as a Python exception: the class that DescribeStatusCode names, from vetor._errors.
#pragma once

#include "vetor/status.h"

namespace vetor::python {

/// Throws nanobind's python_error. REQUIRES: !status.ok(), and the GIL.
[[noreturn]] void ThrowStatus(const Status& status);

inline void ThrowIfError(const Status& status) {
  if (!status.ok()) ThrowStatus(status);
}

template <typename T>
T ValueOrThrow(Result<T> result) {
  if (!result.ok()) ThrowStatus(result.status());
  return *std::move(result);
}

}  // namespace vetor::python
