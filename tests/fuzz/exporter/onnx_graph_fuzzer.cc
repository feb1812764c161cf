// libFuzzer: any bytes as an .onnx file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/onnx_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)vetor::ReadOnnxGraph({reinterpret_cast<const char*>(data), size}, "fuzz");
  return 0;
}
