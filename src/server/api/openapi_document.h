// What /openapi.json answers: OpenAPI 3.1 of the routes that are there.
#pragma once

#include <span>
#include <string>

#include "server/api/model_table.h"

namespace vetor {

/// JSON, with the dimensions, prompts and types that the open models take. A test compares its
/// paths with the table of routes.
std::string OpenApiDocument(std::span<const ServedEntry* const> entries);

}  // namespace vetor
