#include "config/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/json.h"
#include "base/nearest_name.h"
#include "base/status_macros.h"
#include "os/environment.h"
#include "os/json_file.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr std::string_view kVariablePrefix = "VETOR_AI_";
// The cache folder of a config.json that does not name one, relative to the working directory.
// Programs rely on it to keep a cache beside their other files. Without a config.json the folder is
// the user's own.
constexpr const char* kFileCacheDir = "cache/embeddings";

// A whole number may be written as 32.0, as JSON Schema allows.
std::optional<int64_t> ToInteger(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  // Beyond 2^53 a double may differ from the number that was written.
  if (const auto* number = value.if_double()) {
    if (std::trunc(*number) == *number && std::abs(*number) <= 9007199254740992.0) {
      return static_cast<int64_t>(*number);
    }
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> ToStrings(const json::value& value) {
  const auto* array = value.if_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> strings;
  for (const json::value& item : *array) {
    const auto* text = item.if_string();
    if (text == nullptr) return std::nullopt;
    strings.emplace_back(*text);
  }
  return strings;
}

std::optional<SettingValue> FromJson(SettingType type, const json::value& value) {
  switch (type) {
    case SettingType::kBool:
      if (const auto* truth = value.if_bool()) return *truth;
      return std::nullopt;
    case SettingType::kInteger:
      if (const auto number = ToInteger(value)) return *number;
      return std::nullopt;
    case SettingType::kNumber:
      if (value.is_number()) return value.to_number<double>();
      return std::nullopt;
    case SettingType::kString:
      if (const auto* text = value.if_string()) return std::string(*text);
      return std::nullopt;
    case SettingType::kStringList:
      if (auto strings = ToStrings(value)) return *std::move(strings);
      return std::nullopt;
  }
  return std::nullopt;
}

bool IsSection(std::string_view key) {
  for (const Setting& setting : SettingsTable()) {
    const std::string_view known = setting.key;
    if (known.size() > key.size() && known.starts_with(key) && known[key.size()] == '.') {
      return true;
    }
  }
  return false;
}

// The keys of all settings and of their sections.
std::vector<std::string> KnownKeys() {
  std::vector<std::string> keys;
  for (const Setting& setting : SettingsTable()) keys.emplace_back(setting.key);
  for (const Setting& setting : SettingsTable()) {
    const std::string_view key = setting.key;
    const std::string_view section = key.substr(0, key.rfind('.'));
    if (section != "ai" && keys.back() != section) keys.emplace_back(section);
  }
  return keys;
}

std::string UnknownKey(std::string_view origin, std::string_view key) {
  return fmt::format("{}: {} is not a setting and has no effect; the nearest one is {}", origin,
                     key, NearestName(key, KnownKeys()));
}

Status SetFromJson(const Setting& setting, const json::value& value, std::string_view file,
                   EmbeddingsConfig* config) {
  const std::string origin = fmt::format("{}: {}", file, setting.key);
  std::optional<SettingValue> held = FromJson(setting.type, value);
  if (!held) return SettingError(setting, json::serialize(value), origin);
  VETOR_RETURN_IF_ERROR(CheckSetting(setting, *held, origin));
  setting.set(config, *std::move(held));
  return {};
}

// `section` is a section of the table, such as "ai" or "ai.cache", so the recursion ends.
Status ApplySection(const json::value& value, const std::string& section, std::string_view file,
                    LoadedConfig* loaded) {
  if (value.is_null()) return {};
  const auto* object = value.if_object();
  if (object == nullptr) {
    return InvalidArgumentError(
        fmt::format("{}: {} is {}; expected an object of settings, as {{\"{}\": {{}}}}", file,
                    section, JsonTypeName(value), section.substr(section.rfind('.') + 1)));
  }
  for (const auto& member : *object) {
    const std::string key = section + "." + std::string(member.key());
    if (const Setting* setting = FindSetting(key)) {
      if (member.value().is_null()) {
        setting->set(&loaded->config, setting->default_value);
        continue;
      }
      VETOR_RETURN_IF_ERROR(SetFromJson(*setting, member.value(), file, &loaded->config));
    } else if (IsSection(key)) {
      VETOR_RETURN_IF_ERROR(ApplySection(member.value(), key, file, loaded));
    } else {
      loaded->warnings.push_back(UnknownKey(file, key));
    }
  }
  return {};
}

}  // namespace

Status ApplyConfigValue(const json::value& document, std::string_view origin,
                        LoadedConfig* loaded) {
  const auto* object = document.if_object();
  if (object == nullptr) {
    return InvalidArgumentError(
        fmt::format("{}: the document is {}; expected an object, as {{\"ai\": {{}}}}", origin,
                    JsonTypeName(document)));
  }
  if (!loaded->config.cache.dir) loaded->config.cache.dir = kFileCacheDir;
  const json::value* section = object->if_contains("ai");
  return section != nullptr ? ApplySection(*section, "ai", origin, loaded) : Status();
}

Status ApplyConfigFile(const std::filesystem::path& path, LoadedConfig* loaded) {
  constexpr uint64_t kMaxBytes = 16ULL << 20;
  VETOR_ASSIGN_OR_RETURN(const json::value document, ReadJsonFile(path, kMaxBytes));
  return ApplyConfigValue(document, path.string(), loaded);
}

Status ApplyVariables(const std::vector<std::pair<std::string, std::string>>& variables,
                      LoadedConfig* loaded) {
  std::vector<std::string> known;
  for (const Setting& setting : SettingsTable()) known.push_back(setting.environment());
  for (const auto& [name, text] : variables) {
    if (!name.starts_with(kVariablePrefix) || text.empty()) continue;
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      loaded->warnings.push_back(
          fmt::format("environment variable {} is not a setting and has no effect; the nearest one "
                      "is {}",
                      name, NearestName(name, known)));
      continue;
    }
    const Setting& setting = SettingsTable()[static_cast<size_t>(found - known.begin())];
    VETOR_ASSIGN_OR_RETURN(SettingValue value,
                           ParseSetting(setting, text, "environment variable " + name));
    setting.set(&loaded->config, std::move(value));
  }
  return {};
}

Status ApplyConfigText(std::string_view text, std::string_view origin, LoadedConfig* loaded) {
  VETOR_ASSIGN_OR_RETURN(const json::value document, ParseJson(text, origin));
  return ApplyConfigValue(document, origin, loaded);
}

Status ApplyEnvironment(LoadedConfig* loaded) {
  return ApplyVariables(EnvironmentVariables(kVariablePrefix), loaded);
}

Result<LoadedConfig> LoadConfig(const std::filesystem::path& path) {
  LoadedConfig loaded;
  VETOR_RETURN_IF_ERROR(ApplyConfigFile(path, &loaded));
  VETOR_RETURN_IF_ERROR(ApplyEnvironment(&loaded));
  return loaded;
}

}  // namespace vetor
