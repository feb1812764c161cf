// Parts of reading the settings (include/vetor/config_file.h) that need more than standard types.
// All of them work from the table in include/vetor/settings.h.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vetor/config_file.h"
#include "vetor/status.h"

namespace vetor {

/// ApplyConfigText for a document that is parsed already.
Status ApplyConfigValue(const boost::json::value& document, std::string_view origin,
                        LoadedConfig* loaded);

/// ApplyEnvironment for given variables (name, value); names without the prefix are ignored.
Status ApplyVariables(const std::vector<std::pair<std::string, std::string>>& variables,
                      LoadedConfig* loaded);

}  // namespace vetor
