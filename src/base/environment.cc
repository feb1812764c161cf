#include "base/environment.h"

#include <unistd.h>

#include <algorithm>

namespace vetor {

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

}  // namespace vetor
