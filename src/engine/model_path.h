// What a user names as model: a path, or the id of one that was pulled from a hub.
#pragma once

#include <string>

#include "hub/hub_settings.h"
#include "vetor/status.h"

namespace vetor {

/// `model` itself where there is something at that path or it cannot be an id (org/name, or a
/// name alone); else the snapshot of that id in the hub cache, as branch main meant at the last
/// pull. No network. NOT_FOUND: neither; the remedy is vetor pull.
Result<std::string> ResolveModelPath(const std::string& model, const HubSettings& settings);
/// With the settings of this process's environment.
Result<std::string> ResolveModelPath(const std::string& model);

}  // namespace vetor
