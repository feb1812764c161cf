// The edges at which exceptions end. vetor's own code throws none, but the standard library and
// libraries below do: std::bad_alloc if the system refuses memory, std::system_error, their own.
// One that leaves a thread, a destructor or a C++ API without exceptions ends the process, so each
// edge of that kind turns it into a Status.
#pragma once

#include <type_traits>

#include "vetor/status.h"

namespace vetor {

/// The exception that is being handled as a Status: RESOURCE_EXHAUSTED for std::bad_alloc and
/// std::length_error, INTERNAL with its words for any other. Itself throws nothing, and needs no
/// memory to say that there is none. REQUIRES: called in a catch block.
Status CurrentExceptionStatus() noexcept;

/// The result of `work` (a Status or a Result), or the Status of the exception that left it.
template <typename Work>
std::invoke_result_t<Work> CatchExceptions(Work&& work) {
  try {
    return work();
  } catch (...) {
    return CurrentExceptionStatus();
  }
}

}  // namespace vetor
