// Reads config.json and the environment into an EmbeddingsConfig (and, for a server, a
// ServerConfig).
//
//   auto loaded = vetor::LoadConfig("config.json");
//   if (!loaded.ok()) return Fail(loaded.status());
//   for (const std::string& warning : loaded->warnings) Show(warning);
//   auto service = vetor::EmbeddingsService::Open(loaded->config);
//
// The file is strict JSON (UTF-8, no comments, no key twice; a byte-order mark is allowed). Its
// object `ai` holds the settings under their names (`vetor config --schema`); every other section
// belongs to the application and is not looked at. `null`, for a setting or a whole section, is the
// same as leaving it out: the default stays. A file without `ai` therefore gives the defaults, and
// a warning.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/server_config.h"
#include "vetor/settings.h"
#include "vetor/status.h"

namespace vetor {

/// What the sources of settings said.
struct LoadedConfig {
  EmbeddingsConfig config;
  ServerConfig server;  ///< Section `ai.server`, for a program that serves; others ignore it.
  /// Lines for the user: unknown keys inside `ai` (the first twenty, and the number of the others)
  /// and unknown VETOR_AI_ variables, each with the nearest known name if one is near; and that the
  /// file has no section `ai`, or a key that was meant to be it. Control characters are escaped.
  std::vector<std::string> warnings;
};

/// Takes the defaults, then the file, then the environment variables VETOR_AI_*
/// (VETOR_AI_CACHE_MAX_MB=512; an empty one counts as not set); each overrides the one before.
/// Thread-safe as long as nobody changes the environment meanwhile.
/// Errors: INVALID_ARGUMENT names file and key (or variable), value and what is allowed; NOT_FOUND
/// and PERMISSION_DENIED for the file.
Result<LoadedConfig> LoadConfig(const std::filesystem::path& path);

/// The steps of LoadConfig, for a program that has further sources. Each sets in `loaded` what its
/// source says, adds to the warnings, and leaves the rest as it is; the later of two steps
/// overrides the earlier one. After an error `loaded` may hold a part of the source.
///
///   vetor::LoadedConfig loaded;
///   vetor::Status status = vetor::ApplyConfigFile("config.json", &loaded);
///   if (status.ok()) status = vetor::ApplyEnvironment(&loaded);
///
/// ApplyConfigFile and ApplyConfigText do not look at the environment. `origin` names the text in
/// messages.
Status ApplyConfigFile(const std::filesystem::path& path, LoadedConfig* loaded);
Status ApplyConfigText(std::string_view json, std::string_view origin, LoadedConfig* loaded);
Status ApplyEnvironment(LoadedConfig* loaded);

/// Writes one value of a further source, as a flag, into the configuration that its row belongs to.
/// REQUIRES: a row of SettingsTable or ServerSettingsTable, and a value that CheckSetting accepts.
void ApplySetting(const SettingRow& row, SettingValue value, LoadedConfig* loaded);

/// The settings as JSON Schema (draft 2020-12) for the whole file, as JSON on one line; made of the
/// table in settings.h. What the reader refuses violates it. It is narrower than the reader in two
/// points, for the sake of editors: a key inside `ai` that the reader only warns of is a violation,
/// and provider names have the listed spelling.
std::string ConfigSchemaJson();

/// The warning that Open logs if the settings name a model and no backend, so that the model does
/// not run. Empty: there is nothing to warn of.
std::string UnusedModelWarning(const EmbeddingsConfig& config);

}  // namespace vetor
