#include "server/open_served_model.h"

#include <utility>

#include "base/status_macros.h"
#include "engine/open_engine.h"
#include "vetor/settings.h"

namespace vetor {

Result<std::string> CheckServedModel(const EmbeddingsConfig& config) {
  VETOR_RETURN_IF_ERROR(CheckConfig(config));
  if (!config.enabled) {
    return FailedPreconditionError(
        "embeddings are switched off: ai.enabled is false; set it to true");
  }
  // With the other fallback, a model that is not there is a warning.
  if (config.backend != BackendKind::kOnnx || config.fallback != Fallback::kError) {
    return std::string();
  }
  VETOR_ASSIGN_OR_RETURN(const ModelFolder folder, ReadNamedModel(config.model));
  return folder.model_id;
}

Result<OpenedModel> OpenServedModel(const EmbeddingsConfig& config) {
  OpenedModel opened;
  VETOR_ASSIGN_OR_RETURN(opened.service, EmbeddingsService::Open(config));
  opened.tokenizer = opened.service->tokenizer();
  return opened;
}

}  // namespace vetor
