#include "service/probe_check.h"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "base/model_file.h"
#include "base/status_macros.h"
#include "kernels/cosine.h"

namespace vetor {
namespace {

// Alone, so that no batch mate has a part in it.
Status EmbedOne(const Engine& engine, const std::string& text, std::span<float> vector) {
  TokenSequence tokens;
  VETOR_RETURN_IF_ERROR(engine.tokenizer->Encode(text, {}, &tokens));
  TokenBatch batch;
  batch.row_begin = {0, static_cast<uint32_t>(tokens.ids.size())};
  batch.token_ids = std::move(tokens.ids);
  batch.token_type_ids = std::move(tokens.type_ids);
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, engine.backend->Run(batch));
  return engine.pooler->Finish(batch, output, vector);
}

}  // namespace

Status CheckProbes(const Probes& probes, const Engine& engine) {
  const size_t dim = engine.pooler->dim();
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
    const Status status = EmbedOne(engine, text, vector);
    if (!status.ok()) return status.WithContext("probe text " + Quoted(text));
    const double cosine = Cosine(vector, std::span(expected).first(dim));
    if (cosine >= probes.least_cosine) continue;
    return DataLossError(fmt::format(
        "{} gives other vectors than when it was exported: text {} has cosine {:.6f} to the one "
        "recorded in vetor_model.json, expected at least {}. The graph, the tokenizer or ONNX "
        "Runtime is another one: export or fetch the model again, try another ONNX Runtime, or "
        "delete vetor_model.json to use the model unchecked",
        probes.graph.string(), Quoted(text), cosine, probes.least_cosine));
  }
  return Status();
}

}  // namespace vetor
