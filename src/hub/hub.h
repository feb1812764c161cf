// From a model's id to its folder: what include/vetor/pull.h promises, with the hub's settings and
// the waiting given by the caller. All functions may be called from any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "hub/hub_session.h"
#include "hub/hub_settings.h"
#include "vetor/pull.h"
#include "vetor/status.h"

namespace vetor {

/// PullOptions with what the environment would otherwise say, and with the clock.
struct HubPullOptions : PullOptions {
  HubSettings settings = {};
  WaitFunction wait = {};  ///< If it is empty, waits take real time.
};

/// As the public PullModel (vetor/pull.h).
Result<PulledModel> PullModel(const HubPullOptions& options);

/// The snapshot in the cache that `revision` meant when any program last pulled it. Uses no
/// network.
std::optional<std::filesystem::path> FindCachedModel(std::string_view id, std::string_view revision,
                                                     const HubSettings& settings);

}  // namespace vetor
