// An .onnx file's large weights left where they are: the runtime gets the graph without them, and a
// reference for each to its place in the file itself (ONNX's external data), which it maps; or they
// are handed to the session from outside, so that several sessions use them (shared_weights.h).
//
// Given the path alone, the runtime reads the whole file and copies every weight out of it:
// multilingual-e5-small (470 MB, of which 384 MB are a table of words) opens in 1.8 s with a peak
// of 898 MB and keeps 582; with its weights mapped in 0.24 s, 152 and 150 MB, and processes that
// use one model share its pages. The vectors are the same to the last bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// Smaller weights stay in the graph, where the runtime's optimisers read them.
inline constexpr uint64_t kLeastMappedBytes = 64 * 1024;

/// A tensor inside the file.
struct WeightPlace {
  std::string name;
  int32_t type = 0;  ///< TensorProto.DataType.
  std::vector<int64_t> dims;
  uint64_t offset = 0;  ///< Of its data, from the file's beginning.
  uint64_t bytes = 0;
  bool aligned = false;  ///< `offset` is a multiple of an element's size.
};

struct TakeOutOptions {
  /// Weights that nodes take as they are (the matrix of a product, the table of a lookup): nothing
  /// is folded into them, so a session may be given them from outside. They go into `shared`.
  bool share = false;
  /// Other weights too, as long as they are aligned: kernels read elements in place.
  bool map_others = true;
};

struct MappedGraph {
  std::string graph;  ///< ModelProto, for a session that is created from bytes.
  std::vector<WeightPlace> shared;
  uint64_t mapped_bytes = 0;  ///< Of all weights that it refers to; 0: nothing was taken out.
};

/// `model` is the content of the file named `file_name` (without a folder: the session's external
/// data folder must be the file's). A model that has external data already is left as it is.
/// Errors: DATA_LOSS when it is no protobuf message.
Result<MappedGraph> TakeOutWeights(std::string_view model, std::string_view file_name,
                                   const TakeOutOptions& options = {});

}  // namespace vetor
