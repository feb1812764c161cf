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

/// Of a model folder. `compiled_folder`: as TokenizerOptions. INVALID_ARGUMENT: the graph's fixed
/// length has no room for a token of the text beside the special tokens; and the errors of
/// Tokenizer::Load.
Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const ModelFolder& model,
                                                 const std::filesystem::path& compiled_folder = {});

/// INVALID_ARGUMENT if the special tokens alone are as many as the model's maximum: nothing of any
/// text would reach the model.
Status CheckRoomForText(const ModelFolder& model, const Tokenizer& tokenizer);

/// The tokenizer of a model that is to run, with all that is looked at before.
struct CheckedTokenizer {
  Status status;  ///< Of OpenTokenizer, CheckRoomForText or CheckTokenTable, in this order.
  std::string_view remedy;               ///< For a report: what helps against `status`.
  std::unique_ptr<Tokenizer> tokenizer;  ///< Null if it cannot be opened.
  std::string beyond;                    ///< The warning of CheckTokenTable, or empty.
};
CheckedTokenizer OpenCheckedTokenizer(const ModelFolder& model,
                                      const std::filesystem::path& compiled_folder = {});

/// Tokens of a text that the model gets, special ones included: what the folder says, or for a
/// static model without a limit what its tokenizer.json declares.
int MaxLengthOf(const ModelFolder& model, const Tokenizer& tokenizer);

/// The tokenizer of a model whose graph is missing or cannot be read: texts become ids without it.
struct TokenizerAlone {
  std::filesystem::path file;
  LengthLimit limit;  ///< As the folder's files say.
};
/// The one at `tokenizer_path`, else the one in the folder of `model`, which is a folder or a file.
/// Errors: NOT_FOUND if there is none; those of FindLengthLimit.
Result<TokenizerAlone> FindTokenizerAlone(const std::filesystem::path& tokenizer_path,
                                          const std::filesystem::path& model);
Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const TokenizerAlone& alone);

/// What both forms of the public OpenTokenizer do (vetor/tokenizer.h).
Result<ModelTokenizer> OpenNamedTokenizer(const ModelConfig& config);

}  // namespace vetor
