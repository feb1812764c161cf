// libFuzzer: any bytes as an .onnx file, read for its facts, with its weights taken out and its
// normalisations rewritten.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/onnx/mapped_weights.h"
#include "backend/onnx/norm_rewrite.h"
#include "formats/onnx/graph_view.h"
#include "model/onnx_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)vetor::ReadOnnxGraph(bytes, "fuzz");
  const auto view = vetor::OnnxGraphView::Read(bytes);
  if (!view.ok()) return 0;
  (void)vetor::RewriteLayerNorms(*view);
  // Whatever it wants from other files lies in the bytes themselves.
  const auto taken = vetor::TakeOutWeights(*view, {{"f", bytes}}, {.share = true});
  if (!taken.ok() || taken->graph.empty()) return 0;
  // What is left is still a message.
  const auto rest = vetor::OnnxGraphView::Read(taken->graph);
  if (!rest.ok() || !vetor::TakeOutWeights(*rest, {{"null", bytes}}).ok()) __builtin_trap();
  const auto rewritten = vetor::RewriteLayerNorms(*rest);
  if (rewritten.ok() && rewritten->norms > 0 &&
      !vetor::OnnxGraphView::Read(rewritten->model).ok()) {
    __builtin_trap();
  }
  return 0;
}
