// The facts of an .onnx file, read in one pass over a map of it: no initialiser is copied, so a
// file of 2 GB costs no memory. Nothing is run.
//
// Format: formats/onnx/schema.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "model/model_folder.h"
#include "vetor/status.h"

namespace vetor {

struct OnnxGraph {
  OnnxGraphFacts facts;
  /// Location as written in the file -> bytes that must be there (greatest offset + length).
  std::map<std::string, uint64_t> external_bytes;
};

/// Reads `bytes`, the content of the file `where`. Errors: DATA_LOSS when it is no ONNX model, is
/// cut short, or a tensor's data does not have the size of its shape; UNIMPLEMENTED when graphs are
/// nested deeper than any exporter does.
Result<OnnxGraph> ReadOnnxGraph(std::string_view bytes, std::string_view where);

}  // namespace vetor
