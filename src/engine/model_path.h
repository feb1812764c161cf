// What a user names as model: a path, or the id of one that was pulled from a hub.
#pragma once

#include <string>

#include "hub/hub_settings.h"
#include "vetor/pull.h"
#include "vetor/status.h"

namespace vetor {

/// The public ResolveModelPath (vetor/pull.h) with settings of the hub that are not the
/// environment's.
Result<std::string> ResolveModelPath(const std::string& model, const HubSettings& settings);

}  // namespace vetor
