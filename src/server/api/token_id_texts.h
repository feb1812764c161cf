// Token ids in place of texts (ai.server.token_ids "model"). Ids are taken if they are exactly
// those that the model's tokenizer gives for the text that they decode to, special tokens included;
// then that text stands for them, so that cache, batches and vectors are those of texts.
//
// The special tokens are what tells ids of another tokenizer. Without them, whole words of any
// vocabulary are mostly the ids of some senseless text: of 1,000 short queries, up to 858 in the
// ids of one family passed as ids of another. With them, none did, but for RoBERTa and XLM-RoBERTa
// (186 and 231), whose special tokens have the same ids.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vetor/status.h"
#include "vetor/tokenizer.h"

namespace vetor {

/// Immutable; thread-safe. Borrows the tokenizer.
class TokenIdTexts {
 public:
  explicit TokenIdTexts(const Tokenizer& tokenizer);

  /// The text of `ids`. The special tokens that the tokenizer puts before and behind each text must
  /// be there. Truncation plays no part: ids may be more than the model takes, as a text may.
  /// Errors: INVALID_ARGUMENT if a special token is missing at an end or stands inside (as in ids
  /// that were padded), if an id is not in the vocabulary, and if the text would have other ids; it
  /// names the first position that differs, what is there and what would be there. Those of Decode
  /// and Encode.
  Result<std::string> TextOf(std::span<const int64_t> ids) const;

 private:
  Status CheckEnds(std::span<const int64_t> ids) const;
  Status CheckInside(std::span<const int64_t> ids) const;

  const Tokenizer& tokenizer_;
  std::vector<int64_t> before_;  // [CLS]
  std::vector<int64_t> behind_;  // [SEP]
};

}  // namespace vetor
