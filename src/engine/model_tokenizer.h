// The tokenizer that belongs to a model, with everything in its folder that decides ids.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "model/length_limit.h"
#include "model/model_folder.h"
#include "tokenizer/tokenizer.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// Opens the tokenizer of a model folder. `compiled_folder` is that of TokenizerOptions. Errors:
/// INVALID_ARGUMENT if the graph's fixed length has no room for a token of the text beside the
/// special tokens; those of Tokenizer::Load.
Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const ModelFolder& model,
                                                 const std::filesystem::path& compiled_folder = {});

/// INVALID_ARGUMENT if the special tokens alone are as many as the model's maximum: nothing of any
/// text would reach the model.
Status CheckRoomForText(const ModelFolder& model, const Tokenizer& tokenizer);

/// The tokenizer of a model that is to run, after all checks of it.
struct CheckedTokenizer {
  Status status;  ///< Of OpenTokenizer, CheckRoomForText or CheckTokenTable, in this order.
  std::string_view remedy;               ///< For a report: the remedy for `status`.
  std::unique_ptr<Tokenizer> tokenizer;  ///< Null if it cannot be opened.
  std::string beyond;                    ///< The warning of CheckTokenTable, or empty.
};
CheckedTokenizer OpenCheckedTokenizer(const ModelFolder& model,
                                      const std::filesystem::path& compiled_folder = {});

/// The model's maximum in tokens, special tokens included: the folder's, or for a static model
/// without a limit the one that its tokenizer.json declares.
int MaxLengthOf(const ModelFolder& model, const Tokenizer& tokenizer);

/// The tokenizer of a model whose graph is missing or cannot be read: texts become ids without it.
struct TokenizerAlone {
  std::filesystem::path file;
  LengthLimit limit;  ///< As the folder's files say.
};
/// Finds the tokenizer at `tokenizer_path`, else the one in the folder of `model`, which is a
/// folder or a file. Errors: NOT_FOUND if there is none; those of FindLengthLimit.
Result<TokenizerAlone> FindTokenizerAlone(const std::filesystem::path& tokenizer_path,
                                          const std::filesystem::path& model);
Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const TokenizerAlone& alone);

/// What both forms of the public OpenTokenizer do (vetor/tokenizer.h).
Result<ModelTokenizer> OpenNamedTokenizer(const ModelConfig& config);

}  // namespace vetor
