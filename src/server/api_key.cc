#include "server/api_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/status_macros.h"
#include "os/environment.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr uint64_t kMaxFileBytes = 64 << 10;

// `otherwise` is what else would do.
Result<std::string> CheckKey(std::string key, std::string_view origin,
                             std::string_view otherwise = "") {
  const bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!key.empty() && printable) return key;
  return InvalidArgumentError(fmt::format(
      "{} {}; write a key of printable ASCII characters without spaces{}", origin,
      key.empty() ? "is empty" : "has a character that a header cannot carry", otherwise));
}

}  // namespace

Result<std::string> ReadApiKey(const ServerConfig& config) {
  if (config.api_key_file.empty()) {
    // An empty one is a secret that got lost, and must not open the server to everybody.
    for (auto& [name, value] : EnvironmentVariables("VETOR_API_KEY")) {
      if (name != "VETOR_API_KEY") continue;
      return CheckKey(std::move(value), "the key in VETOR_API_KEY",
                      ", or unset the variable to serve without a key");
    }
    return std::string();
  }
  Result<std::string> text = ReadFile(config.api_key_file, kMaxFileBytes);
  if (!text.ok()) {
    const bool too_large = text.status().code() == StatusCode::kResourceExhausted;
    const Status status = too_large ? InvalidArgumentError(text.status().message()) : text.status();
    return status.WithContext("ai.server.api_key_file");
  }
  std::string key = text->substr(0, text->find('\n'));
  if (key.ends_with('\r')) key.pop_back();
  return CheckKey(std::move(key),
                  fmt::format("ai.server.api_key_file: the first line of {}", config.api_key_file));
}

}  // namespace vetor
