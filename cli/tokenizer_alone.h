// The tokenizer of a model whose graph is missing or cannot be read: texts become ids without it.
#pragma once

#include <filesystem>
#include <string>

#include "model/length_limit.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor::cli {

struct TokenizerAlone {
  std::filesystem::path file;
  LengthLimit limit;  ///< As the folder's files say.
};

/// The tokenizer that the settings name, else the one in the folder of `model`, which is a folder
/// or a file. Errors: NOT_FOUND if there is none; those of FindLengthLimit.
Result<TokenizerAlone> FindTokenizerAlone(const OnnxConfig& onnx,
                                          const std::filesystem::path& model);

}  // namespace vetor::cli
