// Builds the model that a "model" object of tokenizer.json names.
#pragma once

#include <memory>

#include "tokenizer/json_node.h"
#include "tokenizer/model.h"
#include "vetor/status.h"

namespace vetor {

/// Builds the model that a "model" object of tokenizer.json describes. If `tables` is not null,
/// vocabulary and merges come from there, and those of the object are ignored. REQUIRES: `tables`,
/// if not null, outlives the model. Errors: INVALID_ARGUMENT names the key; UNIMPLEMENTED names the
/// model; DATA_LOSS for tables that do not fit the object.
Result<std::unique_ptr<Model>> ParseModel(const JsonNode& node, TableReader* tables);

}  // namespace vetor
