// Where an encoder's weights lie: in the files of a checkpoint or in those of an ONNX graph.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensor_view.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// Immutable. The weights stay mapped, so that a model larger than memory can be read; views of
/// them are valid as long as this lives.
class StoredWeights {
 public:
  virtual ~StoredWeights() = default;

  /// The folder that the files lie in, for messages.
  virtual const std::filesystem::path& folder() const = 0;

  /// Null if there is no tensor of that name. Integer tensors (position_ids) are not listed.
  virtual const TensorView* Find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;

  /// The files that hold the weights, each of which is watched for changes. A fingerprint is made
  /// over them.
  virtual std::vector<const MappedFile*> files() const { return {}; }

  /// DATA_LOSS that names a file that was written into, see MappedFile. Takes half a microsecond
  /// per file.
  Status Unchanged() const;

  /// Gives the memory of the weights read so far back to the system: they are read from the files
  /// again when they are needed again.
  virtual void DropPages() const = 0;
};

}  // namespace vetor
