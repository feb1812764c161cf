// libFuzzer: any bytes as an .onnx file, read for its facts and with its weights taken out.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/onnx/mapped_weights.h"
#include "model/onnx_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)vetor::ReadOnnxGraph(bytes, "fuzz");
  const auto taken = vetor::TakeOutWeights(bytes, "fuzz");
  // What is left is still a message, and never larger than the file by more than the references.
  if (taken.ok() && taken->mapped_bytes > 0 &&
      (taken->graph.size() > size || !vetor::TakeOutWeights(taken->graph, "fuzz").ok())) {
    __builtin_trap();
  }
  return 0;
}
