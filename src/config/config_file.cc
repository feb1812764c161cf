#include "config/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "base/json.h"
#include "base/nearest_name.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "config/setting_rows.h"
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
  for (const SettingRow* row : AllSettingRows()) {
    const std::string_view known = row->key;
    if (known.size() > key.size() && known.starts_with(key) && known[key.size()] == '.') {
      return true;
    }
  }
  return false;
}

// The keys of all settings and of their sections.
std::vector<std::string> KnownKeys() {
  std::vector<std::string> keys;
  for (const SettingRow* row : AllSettingRows()) keys.emplace_back(row->key);
  for (const SettingRow* row : AllSettingRows()) {
    const std::string_view key = row->key;
    const std::string_view section = key.substr(0, key.rfind('.'));
    if (section != "ai" && keys.back() != section) keys.emplace_back(section);
  }
  return keys;
}

// A file of another kind may have any number of keys.
constexpr size_t kMaxUnknownKeys = 20;

constexpr size_t kMaxShownKey = 100;

std::string ShownKey(std::string_view key) {
  if (key.size() <= kMaxShownKey) return ForTerminal(key, LineBreaks::kEscape);
  size_t end = kMaxShownKey;
  while (end > 0 && IsContinuationByte(key[end])) --end;
  return ForTerminal(key.substr(0, end), LineBreaks::kEscape) + "...";
}

std::string OrNearest(std::string_view key, std::span<const std::string> known) {
  const std::string nearest = NearestName(key, known);
  return IsNear(key, nearest) ? "; the nearest one is " + nearest : "";
}

// A file while it is read.
struct Reading {
  std::string_view file;
  LoadedConfig* loaded;
  size_t unknown_keys = 0;

  void Warn(std::string warning) const { loaded->warnings.push_back(std::move(warning)); }
  void WarnOfUnknownKey(std::string_view section, std::string_view name);
};

void Reading::WarnOfUnknownKey(std::string_view section, std::string_view name) {
  if (++unknown_keys > kMaxUnknownKeys) return;
  const std::string key = fmt::format("{}.{}", section, name);
  if (name.find('.') == std::string_view::npos) {
    return Warn(fmt::format("{}: {} is not a setting and has no effect{}", file, ShownKey(key),
                            OrNearest(key, KnownKeys())));
  }
  Warn(
      fmt::format("{}: the key \"{}\" of {} is not a setting and has no effect; a section is an "
                  "object of its own{}",
                  file, ShownKey(name), section, OrNearest(key, KnownKeys())));
}

// JSON's own words write 8.5 as 8.5E0.
std::string ShownValue(const json::value& value) {
  if (const double* number = value.if_double()) return fmt::format("{}", *number);
  return json::serialize(value);
}

Status SetFromJson(const SettingRow& setting, const json::value& value, const Reading& reading) {
  const std::string origin = fmt::format("{}: {}", reading.file, setting.key);
  std::optional<SettingValue> held = FromJson(setting.type, value);
  if (!held) return SettingError(setting, ShownValue(value), origin);
  VETOR_RETURN_IF_ERROR(CheckSetting(setting, *held, origin));
  ApplySetting(setting, *std::move(held), reading.loaded);
  return {};
}

// `section` is a section of the table, such as "ai" or "ai.cache", so the recursion ends.
Status ApplySection(const json::value& value, const std::string& section, Reading* reading) {
  if (value.is_null()) return {};
  const auto* object = value.if_object();
  if (object == nullptr) {
    return InvalidArgumentError(fmt::format(
        "{}: {} is {}; expected an object of settings, as {{\"{}\": {{}}}}", reading->file, section,
        JsonTypeName(value), section.substr(section.rfind('.') + 1)));
  }
  for (const auto& member : *object) {
    const std::string_view name = member.key();
    const std::string key = section + "." + std::string(name);
    const bool plain = name.find('.') == std::string_view::npos;
    if (const SettingRow* setting = plain ? FindSettingRow(key) : nullptr) {
      if (member.value().is_null()) {
        ApplySetting(*setting, setting->default_value, reading->loaded);
        continue;
      }
      VETOR_RETURN_IF_ERROR(SetFromJson(*setting, member.value(), *reading));
    } else if (plain && IsSection(key)) {
      VETOR_RETURN_IF_ERROR(ApplySection(member.value(), key, reading));
    } else {
      reading->WarnOfUnknownKey(section, name);
    }
  }
  return {};
}

// Sections beside `ai` are the application's, but for what was meant to be `ai`.
void WarnOfMissingSection(const json::object& document, Reading* reading) {
  const bool there = document.contains("ai");
  bool warned = false;
  for (const auto& member : document) {
    const std::string_view key = member.key();
    const bool other_case =
        key.size() == 2 && key != "ai" && (key[0] | 0x20) == 'a' && (key[1] | 0x20) == 'i';
    if (!other_case && !key.starts_with("ai.")) continue;
    warned = true;
    if (++reading->unknown_keys > kMaxUnknownKeys) continue;
    reading->Warn(fmt::format(
        "{}: the key \"{}\" has no effect; settings are in the section \"ai\", an object",
        reading->file, ShownKey(key)));
  }
  if (there || warned) return;
  reading->Warn(fmt::format(
      "{}: there is no section \"ai\", so that every setting has its default; settings are in an "
      "object, as {{\"ai\": {{\"dim\": 256}}}}",
      reading->file));
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
  Reading reading{.file = origin, .loaded = loaded};
  WarnOfMissingSection(*object, &reading);
  if (const json::value* section = object->if_contains("ai")) {
    VETOR_RETURN_IF_ERROR(ApplySection(*section, "ai", &reading));
  }
  if (reading.unknown_keys > kMaxUnknownKeys) {
    reading.Warn(fmt::format("{}: {} more keys are not settings and have no effect", origin,
                             reading.unknown_keys - kMaxUnknownKeys));
  }
  return {};
}

Status ApplyConfigFile(const std::filesystem::path& path, LoadedConfig* loaded) {
  constexpr uint64_t kMaxBytes = 16ULL << 20;
  VETOR_ASSIGN_OR_RETURN(const json::value document, ReadJsonFile(path, kMaxBytes));
  return ApplyConfigValue(document, path.string(), loaded);
}

Status ApplyVariables(const std::vector<std::pair<std::string, std::string>>& variables,
                      LoadedConfig* loaded) {
  std::vector<std::string> known;
  for (const SettingRow* row : AllSettingRows()) known.push_back(row->environment());
  for (const auto& [name, text] : variables) {
    if (!name.starts_with(kVariablePrefix) || text.empty()) continue;
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      loaded->warnings.push_back(
          fmt::format("environment variable {} is not a setting and has no effect{}",
                      ShownKey(name), OrNearest(name, known)));
      continue;
    }
    const SettingRow& row = *AllSettingRows()[static_cast<size_t>(found - known.begin())];
    VETOR_ASSIGN_OR_RETURN(SettingValue value,
                           ParseSetting(row, text, "environment variable " + name));
    ApplySetting(row, std::move(value), loaded);
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

void ApplySetting(const SettingRow& row, SettingValue value, LoadedConfig* loaded) {
  if (const Setting* setting = FindSetting(row.key)) {
    setting->set(&loaded->config, std::move(value));
  } else if (const ServerSetting* server = FindServerSetting(row.key)) {
    server->set(&loaded->server, std::move(value));
  }
}

Result<LoadedConfig> LoadConfig(const std::filesystem::path& path) {
  LoadedConfig loaded;
  VETOR_RETURN_IF_ERROR(ApplyConfigFile(path, &loaded));
  VETOR_RETURN_IF_ERROR(ApplyEnvironment(&loaded));
  return loaded;
}

}  // namespace vetor
