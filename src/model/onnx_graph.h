// The facts of an .onnx file, from what formats/onnx/graph_view.h reads in it. Nothing is run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "formats/onnx/graph_view.h"
#include "model/model_folder.h"
#include "vetor/status.h"

namespace vetor {

struct OnnxGraph {
  OnnxGraphFacts facts;
  /// Location as written in the file -> bytes that must be there (greatest offset + length).
  std::map<std::string, uint64_t> external_bytes;
  /// The view of the bytes that were read, which must outlive it; never null.
  std::shared_ptr<const OnnxGraphView> view = nullptr;
};

/// Reads `bytes`, the content of the file `where`. Errors: DATA_LOSS if it is not an ONNX model, is
/// cut short, or a tensor's data does not have the size of its shape; the others of
/// OnnxGraphView::Read.
Result<OnnxGraph> ReadOnnxGraph(std::string_view bytes, std::string_view where);

}  // namespace vetor
