// libFuzzer: any bytes as an .onnx file, read for its facts, with its weights taken out and its
// normalisations rewritten.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/onnx/mapped_weights.h"
#include "backend/onnx/norm_rewrite.h"
#include "model/onnx_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)vetor::ReadOnnxGraph(bytes, "fuzz");
  (void)vetor::RewriteLayerNorms(bytes);
  // Whatever it wants from other files lies in the bytes themselves.
  const auto taken =
      vetor::TakeOutWeights({.graph = bytes, .external = {{"f", bytes}}}, {.share = true});
  // What is left is still a message.
  if (taken.ok() && !taken->graph.empty() &&
      !vetor::TakeOutWeights({.graph = taken->graph, .external = {{"null", bytes}}}).ok()) {
    __builtin_trap();
  }
  return 0;
}
