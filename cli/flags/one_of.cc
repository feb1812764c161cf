#include "cli/flags/one_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vetor::cli {

std::string JoinWithOr(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

CLI::Validator OneOf(std::vector<std::string> words) {
  const auto check = [words = std::move(words)](const std::string& value) {
    if (std::find(words.begin(), words.end(), value) != words.end()) return std::string();
    return fmt::format("{} is not allowed; expected {}", value.empty() ? "an empty value" : value,
                       JoinWithOr(words));
  };
  return CLI::Validator([check](std::string& value) { return check(value); }, "");
}

}  // namespace vetor::cli
