// Where the weights of a graph lie that are too large for its own file, and whether they may be
// read from there. A model is untrusted: without these checks its external_data could name any
// file of the machine and let parts of it out as vectors.
#pragma once

#include <filesystem>
#include <vector>

#include "model/onnx_graph.h"
#include "vetor/status.h"

namespace vetor {

/// The external files of `graph`, in the order of facts.external_files, each checked: a relative
/// location without "..", inside the graph's folder once all links are followed (or beside the
/// graph's own blob in a hub cache, whose blobs/ folder all files link to), a regular file with one
/// hard link, and long enough for what the graph takes from it. Errors: INVALID_ARGUMENT for the
/// first three, NOT_FOUND, DATA_LOSS when short.
///
/// The check is made once, at opening; it cannot stop somebody who changes the folder later.
Result<std::vector<std::filesystem::path>> CheckExternalData(
    const std::filesystem::path& graph_path, const OnnxGraph& graph);

}  // namespace vetor
