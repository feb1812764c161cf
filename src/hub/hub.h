// Model id -> model folder: what include/vetor/pull.h promises, with the settings of the hub and
// the waiting in the caller's hands. All functions may be called from any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "hub/hub_session.h"
#include "hub/hub_settings.h"
#include "vetor/pull.h"
#include "vetor/status.h"

namespace vetor {

/// PullOptions with what the environment says otherwise, and the clock.
struct HubPullOptions : PullOptions {
  HubSettings settings = {};
  WaitFunction wait = {};  ///< Empty: real time.
};

/// As the public PullModel (vetor/pull.h).
Result<PulledModel> PullModel(const HubPullOptions& options);

/// The snapshot in the cache that `revision` meant at the last pull by any program. No network.
std::optional<std::filesystem::path> FindCachedModel(std::string_view id, std::string_view revision,
                                                     const HubSettings& settings);

}  // namespace vetor
