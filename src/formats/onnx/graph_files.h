// The bytes of a graph on disk.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

class OnnxGraphView;

/// An .onnx file and the files that its external data lies in, mapped once, when the model is read:
/// fingerprint, checks and every session take their bytes from here. So a file that is replaced by
/// renaming changes nothing until the model is opened again, and one that is written into is
/// noticed.
struct GraphFiles {
  MappedFile graph;
  std::map<std::string, MappedFile> external;  ///< By location, as the graph writes it.
  /// The content of `graph`, read once when the files are opened (formats/onnx/graph_view.h).
  std::shared_ptr<const OnnxGraphView> view = nullptr;

  /// DATA_LOSS that names the file, see MappedFile. Half a microsecond per file.
  Status Unchanged() const;
};

}  // namespace vetor
