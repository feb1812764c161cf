// The only place that includes ONNX Runtime's C++ API. There are no link-time symbols:
// runtime_library.cc sets the function table after it has loaded the library. Calls through it
// throw Ort::Exception, which must not leave this folder.
#pragma once

#ifndef ORT_API_MANUAL_INIT
#define ORT_API_MANUAL_INIT
#endif
#include <onnxruntime_cxx_api.h>

#include <string>

#include "vetor/status.h"

namespace vetor {

/// The runtime's error as a Status; its message is made valid UTF-8 (docs/faults.md, row 23).
Status OrtError(const Ort::Exception& error, const std::string& what);

}  // namespace vetor
