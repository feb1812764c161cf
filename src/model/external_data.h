// Finds the weights that are too large for the graph's own file, and decides whether they may be
// read. A model is untrusted: without these checks its external_data could name any file of the
// machine and let parts of it out as vectors.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "formats/onnx/graph_files.h"
#include "model/onnx_graph.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// The external files of `graph` by location, each checked and mapped: a relative location without
/// "..", inside the graph's folder once all links are followed (or beside the graph's own blob in a
/// hub cache, whose blobs/ folder all files link to), a regular file with one hard link, and long
/// enough for the bytes that the graph takes from it. Errors: INVALID_ARGUMENT for the first three,
/// NOT_FOUND, DATA_LOSS if it is too short.
///
/// Nothing is read by its path afterwards: later changes in the folder change nothing.
Result<std::map<std::string, MappedFile>> OpenExternalData(const std::filesystem::path& graph_path,
                                                           const OnnxGraph& graph);

/// Maps the graph, puts its facts into `*graph`, and maps its external files. Errors: those of
/// MapModelFile, ReadOnnxGraph and OpenExternalData.
Result<GraphFiles> OpenGraphFiles(const std::filesystem::path& graph_path, OnnxGraph* graph);

}  // namespace vetor
