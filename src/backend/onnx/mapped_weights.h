// An .onnx file's large weights left where they are: the runtime gets the graph without them, and a
// reference for each to its place in the file itself (ONNX's external data), which it maps.
//
// Given the path alone, the runtime reads the whole file and copies every weight out of it:
// multilingual-e5-small (470 MB, of which 384 MB are a table of words) opens in 1.8 s with a peak
// of 898 MB and keeps 582; with its weights mapped in 0.24 s, 152 and 150 MB, and processes that
// use one model share its pages. The vectors are the same to the last bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Smaller weights stay in the graph, where the runtime's optimisers read them.
inline constexpr uint64_t kLeastMappedBytes = 64 * 1024;

struct MappedGraph {
  std::string graph;          ///< ModelProto, for a session that is created from bytes.
  uint64_t mapped_bytes = 0;  ///< Of the weights that it refers to; 0: nothing was taken out.
};

/// `model` is the content of the file named `file_name` (without a folder: the session's external
/// data folder must be the file's). A weight whose place is not a multiple of its elements' size
/// stays in the graph: kernels read elements in place. So does everything in a model that has
/// external data already. Errors: DATA_LOSS when it is no protobuf message.
Result<MappedGraph> TakeOutWeights(std::string_view model, std::string_view file_name);

}  // namespace vetor
