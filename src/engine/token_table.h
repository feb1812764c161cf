// Whether every token of a tokenizer has a row in the model's embedding table.
//
// A token without a row is common: people add tokens to a tokenizer and do not resize the model.
// Texts with such a token cannot be embedded (sentence-transformers stops with an IndexError), but
// all other texts can. So a warning is given when the model opens, and a text with such a token is
// refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tokenizer/tokenizer.h"
#include "vetor/status.h"

namespace vetor {

struct TokenTable {
  std::filesystem::path tokenizer;  ///< For messages.
  std::filesystem::path model;      ///< The same.
  int64_t rows = 0;  ///< Rows of the table; 0 if they are not known, which skips the check.
};

/// A warning that names tokens, ids and rows, or an empty text if each token has its row.
/// INVALID_ARGUMENT if no text could be embedded, because a token that every text gets is beyond
/// the table, or if more than a tenth of the vocabulary is: those are files of two models.
Result<std::string> CheckTokenTable(const Tokenizer& tokenizer, const TokenTable& table);

}  // namespace vetor
