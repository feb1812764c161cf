// Model id -> model folder: pulls what vetor needs of a model from a hub into the cache that
// huggingface_hub shares, and finds there what was pulled before. All functions may be called from
// any thread; two that pull the same model at once, in one process or several, share the work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hub/hub_session.h"
#include "hub/hub_settings.h"
#include "vetor/status.h"

namespace vetor {

struct PullOptions {
  std::string id;                         ///< "org/name", or a name alone.
  std::string revision = "main";          ///< Branch, tag or commit.
  bool weights = false;                   ///< Fetch weights even if there is a graph: to export.
  std::vector<std::string> include = {};  ///< Patterns of further files, see SelectFiles.
  HubSettings settings = {};              ///< Usually ReadHubSettings().
  std::stop_token stop = {};
  /// Called on the calling thread as bytes arrive, with sums over all files to fetch. `total` is
  /// known from the first call on.
  std::function<void(uint64_t done, uint64_t total)> progress = {};
  WaitFunction wait = {};  ///< Empty: real time.
};

struct PulledModel {
  std::filesystem::path folder;    ///< The snapshot.
  std::string commit;              ///< Of the repository.
  std::vector<std::string> files;  ///< Relative to the folder, sorted.
  uint64_t fetched_bytes = 0;      ///< Bytes that came over the network; 0: all was there.
  bool has_graph = false;          ///< An ONNX graph is among the files.
  /// Why the hub was not asked or gave no answer: then the folder is the cache's copy, which may be
  /// out of date. OK: the hub answered.
  Status unreached = {};
};

/// If the hub gives no answer (out of reach, 429, 5xx, or the answer of a login page or a proxy),
/// the result is the revision as the last pull left it, with `unreached`, provided that the cache
/// has every file that this pull would fetch. Then vetor waits for a silent hub for seconds
/// (HubSettings::answer_with_copy), not minutes. The listing that the last pull kept says which
/// files these are, and their sizes: a file of another size counts as missing, here and if the hub
/// answers. Other bytes of the same size are not noticed. A snapshot that another program made has
/// no such listing: it is the result if settings.offline is set, and otherwise the error says so.
/// 4xx are answers, but for 407, 408, 425 and 429. Errors: INVALID_ARGUMENT (an id, revision or
/// HF_ENDPOINT that cannot be); NOT_FOUND (no such model, revision or file; private and missing
/// look alike; offline and not in the cache); PERMISSION_DENIED (gated, or the token lacks rights);
/// RESOURCE_EXHAUSTED (429 to the end, no room); UNAVAILABLE (network, and no whole copy in the
/// cache); DATA_LOSS (wrong size or checksum, an answer that is not the hub's); CANCELLED. What was
/// fetched before an error stays in the cache.
Result<PulledModel> PullModel(const PullOptions& options);

/// The snapshot in the cache that `revision` meant at the last pull by any program. No network.
std::optional<std::filesystem::path> FindCachedModel(std::string_view id, std::string_view revision,
                                                     const HubSettings& settings);

}  // namespace vetor
