// The key that requests must show.
#pragma once

#include <string>

#include "vetor/server_config.h"
#include "vetor/status.h"

namespace vetor {

/// The first line of ServerConfig::api_key_file, else the variable VETOR_API_KEY; empty: no key is
/// asked for. Errors: NOT_FOUND and PERMISSION_DENIED for the file; INVALID_ARGUMENT for a first
/// line that is empty or has characters that a header cannot carry, since a server that was to ask
/// for a key must not start without one.
Result<std::string> ReadApiKey(const ServerConfig& config);

}  // namespace vetor
