// Whether every token of a tokenizer has a row in the model's embedding table.
//
// One without a row is no rarity: people add tokens to a tokenizer and do not resize the model. Its
// texts cannot be embedded (sentence-transformers stops with an IndexError); all others can, so it
// is said when the model opens and refused where it occurs.
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
  int64_t rows = 0;                 ///< Of the table; 0: not known, all is well.
};

/// A warning that names tokens, ids and rows, or an empty text if each token has its row.
/// INVALID_ARGUMENT if no text could be embedded, because a token that every text gets is beyond
/// the table, or if more than a tenth of the vocabulary is: those are files of two models.
Result<std::string> CheckTokenTable(const Tokenizer& tokenizer, const TokenTable& table);

}  // namespace vetor
