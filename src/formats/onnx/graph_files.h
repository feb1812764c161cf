// Holds the mapped files of a graph.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

class OnnxGraphView;

/// An .onnx file and the files of its external data. They are mapped once, when the model is read;
/// fingerprint, checks and every session take their bytes from here. So a file that is replaced by
/// renaming changes nothing until the model is opened again, and writing into a file is noticed.
struct GraphFiles {
  MappedFile graph;
  std::map<std::string, MappedFile> external;  ///< Keyed by location, as the graph writes it.
  /// The content of `graph`, read once when the files are opened (formats/onnx/graph_view.h).
  std::shared_ptr<const OnnxGraphView> view = nullptr;

  /// DATA_LOSS that names the file if one was written into (see MappedFile). Takes half a
  /// microsecond per file.
  Status Unchanged() const;
};

}  // namespace vetor
