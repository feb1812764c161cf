// The one way ONNX Runtime's C++ API is included: no link-time symbols, the function table is set
// by runtime_library.cc after the library was loaded. Calls through it throw Ort::Exception, which
// must not leave this folder.
#pragma once

#ifndef ORT_API_MANUAL_INIT
#define ORT_API_MANUAL_INIT
#endif
#include <onnxruntime_cxx_api.h>

#include <string>

#include "vetor/status.h"

namespace vetor {

/// The runtime's error as a Status; its words are made valid UTF-8 (docs/faults.md, row 23).
Status OrtError(const Ort::Exception& error, const std::string& what);

}  // namespace vetor
