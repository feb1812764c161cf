// What /openapi.json answers: OpenAPI 3.1 of the routes that are there.
#pragma once

#include <span>
#include <string>

#include "server/api/model_table.h"
#include "vetor/choices.h"

namespace vetor {

/// JSON, with the dimensions, prompts, ids and types that the open models take, and with token ids
/// as "input" of /v1/embeddings if the server takes them. A test compares its paths with the table
/// of routes.
std::string OpenApiDocument(std::span<const ServedEntry* const> entries, TokenIdInput token_ids);

}  // namespace vetor
