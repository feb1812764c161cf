// The process's surroundings: environment variables, and the folder of our own code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vetor {

/// Unset and empty are both no value.
std::optional<std::string> GetEnvironment(const char* name);

/// Keeps a value that the user set. Not safe beside other threads that read the environment: call
/// it before they start, or accept the risk of every setenv.
void SetEnvironmentIfUnset(const char* name, const char* value);

/// The variables whose name starts with `prefix`, as (name, value), sorted by name. Nothing may
/// change the environment meanwhile.
std::vector<std::pair<std::string, std::string>> EnvironmentVariables(std::string_view prefix);

/// Folder of the executable or shared library that contains this code; empty if unknown.
std::filesystem::path OwnFolder();

}  // namespace vetor
