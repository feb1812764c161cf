// The check "server" of `vetor doctor`: what `vetor serve` would find with the settings of section
// `ai.server`. It is the command's, because the library's report is of the library without the
// server.
#pragma once

#include <optional>

#include "vetor/doctor.h"
#include "vetor/server_config.h"

namespace vetor::cli {

/// Nothing if no setting of the server differs from its default: most programs serve nothing.
/// Opens no socket. Wrong: a key or certificate that cannot be used, or one that has expired.
std::optional<DoctorCheck> CheckServer(const ServerConfig& config);

}  // namespace vetor::cli
