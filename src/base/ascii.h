// Letters and blanks of ASCII, whatever the locale. Other bytes are left as they are.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace vetor {

constexpr char AsciiLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return AsciiLower(c); });
  return lower;
}

inline bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](char c) { return AsciiLower(c); }, [](char c) { return AsciiLower(c); });
}

/// Without the spaces and tabs at both ends, which are what HTTP allows around a field's value.
constexpr std::string_view TrimBlanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace vetor
