// The process's environment variables.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vetor {

/// Those whose name starts with `prefix`, as (name, value), sorted by name. Nothing may change the
/// environment meanwhile.
std::vector<std::pair<std::string, std::string>> EnvironmentVariables(std::string_view prefix);

}  // namespace vetor
