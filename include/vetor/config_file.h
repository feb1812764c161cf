// Reads config.json and the environment into an EmbeddingsConfig.
//
//   auto loaded = vetor::LoadConfig("config.json");
//   if (!loaded.ok()) return Fail(loaded.status());
//   for (const std::string& warning : loaded->warnings) Show(warning);
//   auto service = vetor::EmbeddingsService::Open(loaded->config);
//
// The file is strict JSON (UTF-8, no comments, no key twice; a byte-order mark is allowed). Its
// object `ai` holds the settings under their names (`vetor config --schema`); every other section
// belongs to the application and is not looked at. `null`, for a setting or a whole section, is the
// same as leaving it out: the default stays. A file without `ai` therefore gives the defaults.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

struct LoadedConfig {
  EmbeddingsConfig config;
  /// Lines for the user: unknown keys inside `ai` and unknown VETOR_AI_ variables, each with the
  /// nearest known name.
  std::vector<std::string> warnings;
};

/// Takes the defaults, then the file, then the environment variables VETOR_AI_*
/// (VETOR_AI_CACHE_MAX_MB=512; an empty one counts as not set); each overrides the one before.
/// Thread-safe as long as nobody changes the environment meanwhile.
/// Errors: INVALID_ARGUMENT names file and key (or variable), value and what is allowed; NOT_FOUND
/// and PERMISSION_DENIED for the file.
Result<LoadedConfig> LoadConfig(const std::filesystem::path& path);

}  // namespace vetor
