// Models from a hub: what vetor needs of a model is fetched into the cache that huggingface_hub and
// other Python programs share, and found there afterwards without a network.
//
//   vetor::PullOptions options;
//   options.id = "sentence-transformers/all-MiniLM-L6-v2";
//   auto model = vetor::PullModel(options);
//   if (!model.ok()) return Fail(model.status());
//   if (!model->unreached.ok()) Warn(model->unreached.message());  // an older copy serves
//   auto config = vetor::EmbeddingsConfig::ForModel(options.id);  // or model->folder.string()
//
// The environment says which hub and which cache: the variables of huggingface_hub with its
// meanings (HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, ...; docs/hub.md).
// All functions may be called from any thread; two that pull the same model at once, in one process
// or several, share the work. Everything here is a plain value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

struct PullOptions {
  std::string id;                 ///< "org/name", or a name alone.
  std::string revision = "main";  ///< Branch, tag or commit.
  bool weights = false;           ///< Fetch the weights even if there is a graph: to export them.
  /// Patterns of further files to fetch, as "onnx/*": '*' stands for any characters, also slashes,
  /// '?' for one.
  std::vector<std::string> include = {};
  std::stop_token stop = {};  ///< A requested stop ends the pull with CANCELLED.
  /// Called as bytes arrive, on the calling thread, with sums over all files to fetch. `total` is
  /// known from the first call on. Must not throw.
  std::function<void(uint64_t done, uint64_t total)> progress = {};
};

struct PulledModel {
  std::filesystem::path folder;    ///< The snapshot; EmbeddingsConfig takes it as a model.
  std::string commit;              ///< Of the repository.
  std::vector<std::string> files;  ///< Relative to the folder, sorted.
  uint64_t fetched_bytes = 0;      ///< Bytes that came over the network; 0: everything was there.
  bool has_graph = false;          ///< An ONNX graph is among the files.
  /// Why the hub was not asked or gave no answer: then the folder is the cache's copy, which may
  /// be out of date. OK: the hub answered.
  Status unreached = {};
};

/// Fetches the files of the model that the cache does not have, and returns its folder.
///
/// If the hub gives no answer (out of reach, 429, 5xx, or the answer of a login page or a proxy),
/// the result is the revision as the last pull left it, with `unreached`, provided that the cache
/// has every file that this pull would fetch. Then the wait for a silent hub is seconds, not
/// minutes. The listing that the last pull kept says which files these are, and their sizes: a file
/// of another size counts as missing, here and if the hub answers. Other bytes of the same size are
/// not noticed. A snapshot that another program made has no such listing: it is the result if
/// HF_HUB_OFFLINE is set, and otherwise the error says so. 4xx are answers, but for 407, 408, 425
/// and 429. What was fetched before an error stays in the cache.
///
/// Errors: INVALID_ARGUMENT (an id, revision or HF_ENDPOINT that cannot be); NOT_FOUND (no such
/// model, revision or file; private and missing look alike; offline and not in the cache);
/// PERMISSION_DENIED (gated, or the token lacks rights); RESOURCE_EXHAUSTED (429 to the end, no
/// room); UNAVAILABLE (network, and no whole copy in the cache); DATA_LOSS (wrong size or checksum,
/// an answer that is not the hub's); CANCELLED.
Result<PulledModel> PullModel(const PullOptions& options);

/// The path of a model as settings and flags name it: `model` itself if there is something at that
/// path or it cannot be an id ("org/name", or a name alone); else the folder that this id's branch
/// main meant at the last pull by any program. No network. NOT_FOUND: `model` is neither; the
/// remedy is `vetor pull`, or PullModel.
Result<std::string> ResolveModelPath(const std::string& model);

}  // namespace vetor
