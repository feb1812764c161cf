// Writes the tokenizer of a model and the files that other loaders expect beside it.
//
// fastembed asks for config.json, tokenizer.json, tokenizer_config.json (with model_max_length and
// pad_token) and special_tokens_map.json; text-embeddings-inference takes the longest text from
// sentence_bert_config.json. Files that the source lacks are written from those that it has.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

struct TokenizerSource {
  std::filesystem::path folder;  ///< The model's folder.
  /// The folder of config.json: the same, or 0_Transformer in it.
  std::filesystem::path transformer;
  int max_positions = 0;  ///< The longest text of the model in tokens.
};

/// Writes to `target`, and adds to `warnings` which loaders will miss something. Errors: NOT_FOUND
/// if there is no tokenizer at all; INVALID_ARGUMENT for a file that is a link out of
/// `source.folder`; those of the files.
Status WriteTokenizerFiles(const TokenizerSource& source, const std::filesystem::path& target,
                           std::vector<std::string>* warnings);

}  // namespace vetor
