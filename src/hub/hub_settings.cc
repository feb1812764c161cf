#include "hub/hub_settings.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "os/environment.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxTokenBytes = 4096;
constexpr int kMaxTimeoutSeconds = 3600;

std::optional<fs::path> PathVariable(const EnvironmentLookup& lookup, const char* name) {
  const std::optional<std::string> value = lookup(name);
  if (!value) return std::nullopt;
  if (*value == "~" || value->starts_with("~/")) {
    if (const auto home = lookup("HOME")) return fs::path(*home + value->substr(1));
  }
  return fs::path(*value);
}

bool IsSet(const EnvironmentLookup& lookup, const char* name) {
  std::string value = lookup(name).value_or("");
  std::transform(value.begin(), value.end(), value.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

std::chrono::seconds Seconds(const EnvironmentLookup& lookup, const char* name,
                             std::chrono::seconds fallback) {
  const std::string text = lookup(name).value_or("");
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return fallback;
  return value > 0 ? std::chrono::seconds(std::min(value, kMaxTimeoutSeconds)) : fallback;
}

// A token becomes part of a header line, which anything but visible ASCII would end or change.
std::string CleanToken(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  text = text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
  const bool visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 32 && c < 127; });
  return visible ? std::string(text) : "";
}

std::string Token(const EnvironmentLookup& lookup, const fs::path& home) {
  if (IsSet(lookup, "HF_HUB_DISABLE_IMPLICIT_TOKEN")) return "";
  if (const auto token = lookup("HF_TOKEN")) return CleanToken(*token);
  const fs::path file = PathVariable(lookup, "HF_TOKEN_PATH").value_or(home / "token");
  const Result<std::string> text = ReadFile(file, kMaxTokenBytes);
  return text.ok() ? CleanToken(*text) : "";
}

fs::path HubHome(const EnvironmentLookup& lookup) {
  if (const auto home = PathVariable(lookup, "HF_HOME")) return *home;
  if (const auto caches = PathVariable(lookup, "XDG_CACHE_HOME")) return *caches / "huggingface";
  if (const auto home = lookup("HOME")) return fs::path(*home) / ".cache" / "huggingface";
  return {};
}

}  // namespace

HubSettings ReadHubSettings(const EnvironmentLookup& lookup) {
  HubSettings settings;
  if (const auto endpoint = lookup("HF_ENDPOINT")) settings.endpoint = *endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  const fs::path home = HubHome(lookup);
  settings.token = Token(lookup, home);
  if (!home.empty()) settings.cache = home / "hub";
  for (const char* name : {"HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE"}) {
    if (const auto cache = PathVariable(lookup, name)) settings.cache = *cache;
  }
  settings.offline = IsSet(lookup, "HF_HUB_OFFLINE") || IsSet(lookup, "TRANSFORMERS_OFFLINE");
  settings.links = !IsSet(lookup, "HF_HUB_DISABLE_SYMLINKS");
  constexpr const char* kMetadata = "HF_HUB_ETAG_TIMEOUT";
  settings.metadata_timeout = Seconds(lookup, kMetadata, settings.metadata_timeout);
  settings.connect_with_copy = Seconds(lookup, kMetadata, settings.connect_with_copy);
  settings.answer_with_copy = Seconds(lookup, kMetadata, settings.answer_with_copy);
  settings.download_timeout = Seconds(lookup, "HF_HUB_DOWNLOAD_TIMEOUT", settings.download_timeout);
  return settings;
}

HubSettings ReadHubSettings() {
  return ReadHubSettings([](const char* name) { return GetEnvironment(name); });
}

}  // namespace vetor
