// config.json, section `ai`, and the environment, into an EmbeddingsConfig.
#pragma once

#include <boost/json/fwd.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

struct LoadedConfig {
  EmbeddingsConfig config;
  std::vector<std::string> warnings;  ///< Unknown keys with their nearest known name, and such.
};

/// Sets in `config` what the file's `ai` section says; other sections are not ours.
/// Errors name file, key, value and what is allowed (INVALID_ARGUMENT).
Status ApplyConfigFile(const std::filesystem::path& path, LoadedConfig* config);

/// Sets what VETOR_AI_* variables say.
Status ApplyEnvironment(LoadedConfig* config);

/// The table as JSON Schema (draft 2020-12) for the whole file.
boost::json::object ConfigSchema();

}  // namespace vetor
