// ONNX Runtime as a Backend. The library is loaded at run time; its headers stay in this folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "formats/onnx/graph_files.h"
#include "vetor/status.h"

namespace vetor {

struct OnnxBackendOptions {
  std::filesystem::path graph;
  /// The graph and its external data, as they were when the model was read; then no file is opened
  /// by its path. If null, `graph` is mapped now, and it must hold all of its weights.
  std::shared_ptr<const GraphFiles> files;
  std::string library_path;            ///< Empty: searched, see runtime_library.h.
  std::vector<std::string> providers;  ///< In order of preference, any spelling.
  int intra_op_threads = 1;
  int alone_threads = 0;      ///< If above 1: threads for a batch that is alone (alone_session.h).
  size_t max_tokens = 512;    ///< Tokens per run; after a longer row the arena is shrunk.
  bool dynamic_int8 = false;  ///< Run one row at a time, because scales would mix rows.
  bool map_weights = true;    ///< Large weights stay in the file, see mapped_weights.h.
  bool fast_norms =
      true;  ///< Rewrite norms, on the CPU and if the graph allows it (norm_rewrite.h).
  std::string precision;  ///< Reported, e.g. "fp32".
  /// If above 0, Run refuses an id that is not below it. On a GPU a lookup beyond the table is not
  /// an error but gives a row of zeros.
  int64_t word_rows = 0;
  int64_t pad_token_id = 0;  ///< The id that fills up rows if the graph has a fixed length.
  std::string
      output_name;  ///< The output to take; empty: the one with a usual name (graph_signature.h).
};

/// Loads library and graph. Errors: UNAVAILABLE (no library, or one too old), NOT_FOUND (no
/// provider of the list is available), INVALID_ARGUMENT (inputs or outputs: expected versus found),
/// DATA_LOSS (the runtime cannot parse the graph, or the files were written into meanwhile).
///
/// As long as weights are read from the mapped files, each Run checks at its end whether the files
/// were written into. After a change it, and every Run that follows, is DATA_LOSS, and no vector is
/// given out.
Result<std::unique_ptr<Backend>> OpenOnnxBackend(const OnnxBackendOptions& options);

}  // namespace vetor
