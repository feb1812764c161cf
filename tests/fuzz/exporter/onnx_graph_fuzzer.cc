// libFuzzer gives any bytes as an .onnx file. The file is read for its facts and recognised as an
// encoder, its weights are taken out, and its normalisations are rewritten.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backend/onnx/mapped_weights.h"
#include "backend/onnx/norm_rewrite.h"
#include "encoder/recogniser/graph_encoder.h"
#include "encoder/reference/reference_pass.h"
#include "formats/onnx/graph_view.h"
#include "model/onnx_graph.h"

namespace {

// A recognised encoder can be read whole; a small one also computes a text.
void Recognise(const vetor::OnnxGraphView& view, std::string_view bytes) {
  constexpr uint64_t kMostWeights = 1 << 16;
  const vetor::recogniser::ExternalFiles external = {{"f", bytes}};
  for (const vetor::OnnxValue& output : view.outputs()) {
    const auto graph = vetor::RecogniseGraph(view, external, output.name);
    if (!graph.ok()) continue;
    const vetor::Encoder& encoder = graph->encoder;
    uint64_t weights = 0;
    for (const vetor::EncoderLayer& layer : encoder.layers) {
      for (const vetor::LinearWeights* linear :
           {&layer.attention.query, &layer.attention.key, &layer.attention.value,
            &layer.attention.output, &layer.feed_forward.up, &layer.feed_forward.down}) {
        weights += linear->outputs() * linear->inputs();
      }
    }
    const std::vector<vetor::TokenIds> texts = {{0}, {0, 0}};
    if (weights <= kMostWeights) (void)vetor::ReferencePass(encoder, texts, 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)vetor::ReadOnnxGraph(bytes, "fuzz");
  const auto view = vetor::OnnxGraphView::Read(bytes);
  if (!view.ok()) return 0;
  Recognise(*view, bytes);
  (void)vetor::RewriteLayerNorms(*view);
  // All data that it wants from other files are in the bytes themselves.
  const auto taken = vetor::TakeOutWeights(*view, {{"f", bytes}}, {.share = true});
  if (!taken.ok() || taken->graph.empty()) return 0;
  // The rest is still a message.
  const auto rest = vetor::OnnxGraphView::Read(taken->graph);
  if (!rest.ok() || !vetor::TakeOutWeights(*rest, {{"null", bytes}}).ok()) __builtin_trap();
  const auto rewritten = vetor::RewriteLayerNorms(*rest);
  if (rewritten.ok() && rewritten->norms > 0 &&
      !vetor::OnnxGraphView::Read(rewritten->model).ok()) {
    __builtin_trap();
  }
  return 0;
}
