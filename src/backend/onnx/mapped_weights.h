// The large weights of an .onnx file stay in the file, which is mapped: the runtime gets the graph
// without them, and each weight from outside, by name. Weights that nodes read in place stay in the
// map and serve several sessions (shared_weights.h).
//
// Given the path alone, the runtime reads the whole file and copies every weight out of it:
// multilingual-e5-small (470 MB, of which 384 MB are a table of words) opens in 1.8 s with a peak
// of 898 MB and keeps 582; with its weights mapped in 0.24 s, 152 and 150 MB, and processes that
// use one model share its pages. The vectors are the same to the last bit.
//
// The runtime is given no path of a weight at all, so that it cannot read a weight from a file that
// was put at that path later. Weights in files of their own (external data) are handed to it in the
// same way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/element_type.h"
#include "formats/onnx/graph_files.h"
#include "formats/onnx/graph_view.h"
#include "vetor/status.h"

namespace vetor {

/// Smaller weights stay in the graph, or are put into it, so that the runtime's optimisers can read
/// them.
inline constexpr uint64_t kLeastMappedBytes = uint64_t{64} * 1024;

/// The place that the graph gives for a weight that was taken out: an empty file. Reading the
/// weight there gives an error and never a wrong number.
inline constexpr const char* kNoWeightsFolder = "/dev";
inline constexpr const char* kNoWeightsFile = "null";

/// A weight of a type with a fixed size, and as many bytes as its shape needs.
struct TakenWeight {
  std::string name;
  OnnxElement element = OnnxElement::kUndefined;
  std::vector<int64_t> dims;
  std::string_view data;  ///< In the graph's file or in one of its external files.
  bool aligned = false;   ///< Its place in that file is a multiple of an element's size.
};

/// The files beside a graph that hold weights, by location as the graph writes it.
using ExternalBytes = std::map<std::string, std::string_view>;
ExternalBytes ExternalBytesOf(const GraphFiles& files);

struct TakeOutOptions {
  /// Take out weights that nodes read in place (the matrix of a product, the table of a lookup):
  /// nothing is folded into them, so a session may be given them from outside. They go into
  /// `shared`.
  bool share = false;
  /// Take out other large weights too: they go into `others`, which the runtime copies if it needs
  /// them.
  bool take_others = true;
};

struct MappedGraph {
  std::string graph;  ///< ModelProto without external data; empty: the given one as it is.
  std::vector<TakenWeight> shared;
  std::vector<TakenWeight>
      others;  ///< Includes weights that were external already, with take_others or without.
};

/// The bytes that `graph` views, and `external`, must outlive the result. Errors: DATA_LOSS if
/// external data lies beyond the end of its file, or in a file that is not there.
Result<MappedGraph> TakeOutWeights(const OnnxGraphView& graph, const ExternalBytes& external,
                                   const TakeOutOptions& options = {});

}  // namespace vetor
