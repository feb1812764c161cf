// A Hugging Face checkpoint folder: config.json and the weights, in any of the formats below.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensor_view.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// Immutable after Open; the weights stay mapped, so that a model larger than memory can be read.
class Checkpoint {
 public:
  /// Reads config.json and the headers of model.safetensors, else the shards of
  /// model.safetensors.index.json, else pytorch_model.bin (and its shards). Errors: NOT_FOUND names
  /// the files looked for; DATA_LOSS for damaged or hostile files; UNIMPLEMENTED for a pickle that
  /// holds anything but tensors, the format from before PyTorch 1.6, or a folder with an adapter
  /// (LoRA and the like), alone or beside its base; INVALID_ARGUMENT for a file that is a link out
  /// of `root`, see CheckInsideModel. `root` is the model's folder if that is not `folder` itself
  /// (in old repositories `folder` is "0_Transformer"); empty: `folder`.
  static Result<std::shared_ptr<const Checkpoint>> Open(const std::filesystem::path& folder,
                                                        const std::filesystem::path& root = {});
  virtual ~Checkpoint() = default;

  virtual const std::filesystem::path& folder() const = 0;
  virtual const boost::json::object& config() const = 0;

  /// Null if there is no tensor of that name. Integer tensors (position_ids) are not listed.
  virtual const TensorView* Find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;
  /// The dtype of a tensor that is there and is not listed, because it does not hold floats: "I32".
  /// Empty: there is none of that name.
  virtual std::string OtherDtype(std::string_view) const { return ""; }

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
