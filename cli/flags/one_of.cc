#include "cli/flags/one_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>
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

namespace {

template <typename T>
CLI::Validator Between(T least, T most, const char* kind) {
  const auto check = [=](const std::string& value) {
    T number{};
    const char* const end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && rest == end && number >= least && number <= most) {
      return std::string();
    }
    const std::string bounds = most == std::numeric_limits<T>::max()
                                   ? fmt::format("of {} or more", least)
                                   : fmt::format("from {} to {}", least, most);
    return fmt::format("{} is not allowed; expected {} {}",
                       value.empty() ? "an empty value" : value, kind, bounds);
  };
  return CLI::Validator([check](std::string& value) { return check(value); }, "");
}

}  // namespace

CLI::Validator NumberBetween(double least, double most) { return Between(least, most, "a number"); }

CLI::Validator WholeBetween(int64_t least, int64_t most) {
  return Between(least, most, "a whole number");
}

}  // namespace vetor::cli
