// Token ids in place of texts (ai.server.token_ids "model"). Ids are taken if they are exactly
// those that the model's tokenizer gives for the text that they decode to; then that text stands
// for them, so that cache, batches and vectors are those of texts. The ids of another tokenizer
// mostly have another spelling of the same text, or none, and are refused.
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

  /// The text of `ids`. The special tokens that the tokenizer puts before and behind each text may
  /// be there or not, at each end by itself; no ids are the empty text. Truncation plays no part,
  /// so ids may be more than the model takes, as a text may. Errors: INVALID_ARGUMENT if a text
  /// would have other ids (it names the first position that differs, what is there and what would
  /// be there), if an id is not in the vocabulary, and if a token of either end is inside, as in
  /// ids that were padded; those of Decode and Encode.
  Result<std::string> TextOf(std::span<const int64_t> ids) const;

 private:
  Status CheckInside(std::span<const int64_t> ids, size_t begin, size_t end) const;

  const Tokenizer& tokenizer_;
  std::vector<int64_t> before_;  // [CLS]
  std::vector<int64_t> behind_;  // [SEP]
};

}  // namespace vetor
