#include "os/environment.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace vetor {

std::optional<std::string> GetEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

void SetEnvironmentIfUnset(const char* name, const char* value) {
  ::setenv(name, value, /*overwrite=*/0);
}

std::vector<std::pair<std::string, std::string>> EnvironmentVariables(std::string_view prefix) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const size_t end = line.find('=');
    if (end == std::string_view::npos || !line.substr(0, end).starts_with(prefix)) continue;
    variables.emplace_back(line.substr(0, end), line.substr(end + 1));
  }
  std::sort(variables.begin(), variables.end());
  return variables;
}

std::filesystem::path OwnFolder() {
  Dl_info info{};
  std::error_code error;
  if (::dladdr(reinterpret_cast<void*>(&OwnFolder), &info) != 0 && info.dli_fname != nullptr) {
    // For the main program dli_fname is argv[0], which need not be a path.
    const auto path = std::filesystem::canonical(info.dli_fname, error);
    if (!error) return path.parent_path();
  }
  const auto program = std::filesystem::canonical("/proc/self/exe", error);
  return error ? std::filesystem::path() : program.parent_path();
}

}  // namespace vetor
