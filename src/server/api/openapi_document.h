// What /openapi.json answers: OpenAPI 3.1 of the routes that are there.
#pragma once

#include <string_view>

namespace vetor {

/// JSON; the same for the life of the process. A test compares its paths with the table of routes.
std::string_view OpenApiDocument();

}  // namespace vetor
