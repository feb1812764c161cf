// The steps of LoadConfig (include/vetor/config_file.h), for callers that read other sources too,
// and the schema of the file. All from the table in config/settings_table.h.
#pragma once

#include <boost/json/fwd.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vetor/config_file.h"
#include "vetor/status.h"

namespace vetor {

/// Sets in `loaded` what the file's `ai` section says. On an error `loaded` may hold a part of it.
Status ApplyConfigFile(const std::filesystem::path& path, LoadedConfig* loaded);

/// The same for a document that is parsed already; `origin` names it in messages.
Status ApplyConfigValue(const boost::json::value& document, std::string_view origin,
                        LoadedConfig* loaded);

/// Sets what this process's VETOR_AI_* variables say.
Status ApplyEnvironment(LoadedConfig* loaded);

/// The same for given variables (name, value); names without the prefix are passed over.
Status ApplyVariables(const std::vector<std::pair<std::string, std::string>>& variables,
                      LoadedConfig* loaded);

/// The table as JSON Schema (draft 2020-12) for the whole file. What the reader refuses violates
/// it. Narrower than the reader in two points, for the sake of editors: a key inside `ai` that the
/// reader only warns of is a violation, and provider names have the listed spelling.
boost::json::object ConfigSchema();

}  // namespace vetor
