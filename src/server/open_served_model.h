// From the settings of a model to what requests are answered with.
#pragma once

#include <string>

#include "server/api/model_table.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// Checks the settings, and reads the small files of the model's folder if the model must run. It
/// is done before the server listens, so that a wrong path ends the command at once. Returns the id
/// that the model will have; empty if that shows only when it is opened. Errors:
/// INVALID_ARGUMENT for a setting; NOT_FOUND, PERMISSION_DENIED, DATA_LOSS or UNIMPLEMENTED for the
/// folder.
Result<std::string> CheckServedModel(const EmbeddingsConfig& config);

/// Opens the service. Errors: those of EmbeddingsService::Open.
Result<OpenedModel> OpenServedModel(const EmbeddingsConfig& config);

}  // namespace vetor
