// The model that a user names: a path, or the id of a model that was pulled from a hub.
#pragma once

#include <string>

#include "hub/hub_settings.h"
#include "vetor/pull.h"
#include "vetor/status.h"

namespace vetor {

/// As the public ResolveModelPath (vetor/pull.h), with the hub's settings given instead of read
/// from the environment.
Result<std::string> ResolveModelPath(const std::string& model, const HubSettings& settings);

}  // namespace vetor
