// A Hugging Face checkpoint folder: config.json and the weights, in any of the formats below.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "encoder/stored_weights.h"
#include "vetor/status.h"

namespace vetor {

class Checkpoint : public StoredWeights {
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
  virtual const boost::json::object& config() const = 0;

  /// The dtype of a tensor that is there and is not listed, because it does not hold floats: "I32".
  /// Empty: there is none of that name.
  virtual std::string OtherDtype(std::string_view) const { return ""; }
};

}  // namespace vetor
