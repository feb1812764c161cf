#include "engine/probe_check.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <vector>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "kernels/vector_norm.h"

namespace vetor {

Status CheckProbes(const Probes& probes, const Engine& engine) {
  const size_t dim = engine.dim();
  std::vector<float> vector(dim);
  for (size_t i = 0; i < probes.texts.size(); ++i) {
    const std::string& text = probes.texts[i];
    const std::vector<float>& expected = probes.vectors[i];
    if (expected.size() < dim) {
      return DataLossError(fmt::format(
          "{} gives vectors of {} components, expected {} as vetor_model.json beside it says; "
          "export or fetch the model again",
          probes.graph.string(), dim, expected.size()));
    }
    const Status status = engine.RunAlone(std::string_view(text), vector);
    if (!status.ok()) return status.WithContext("probe text " + Quoted(text));
    const double cosine = Cosine(vector, std::span(expected).first(dim));
    if (cosine >= probes.least_cosine) continue;
    return DataLossError(
        fmt::format("{} gives other vectors than when it was exported: text {} has cosine {:.6f} "
                    "to the one recorded in vetor_model.json, expected at least {}. The graph, the "
                    "tokenizer or ONNX Runtime has changed: export or fetch the model again, try "
                    "another ONNX Runtime, or delete vetor_model.json to use the model unchecked",
                    probes.graph.string(), Quoted(text), cosine, probes.least_cosine));
  }
  return Status();
}

}  // namespace vetor
