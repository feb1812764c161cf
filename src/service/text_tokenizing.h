// Texts of a call become token ids, cut, refused or in windows where they are too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/embed_call.h"
#include "service/long_text.h"
#include "tokenizer/tokenizer.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"

namespace vetor {

/// The same for all texts of a call.
struct TextTokenizing {
  size_t max_length = 0;
  size_t prompt_bytes = 0;     ///< Of the prompt that each text begins with.
  uint32_t prompt_tokens = 0;  ///< Leading tokens that pooling leaves out.
  OnLong on_long = OnLong::kTruncate;
};

/// Tokenizes `text`, the caller's row `row`, and adds it to `call`. Errors name the row.
Result<TextInfo> AddTokenized(const Tokenizer& tokenizer, const TextTokenizing& how, size_t row,
                              std::string_view text, EmbedCall* call);

/// How many tokens of a text are its prompt's, where pooling leaves them out.
Result<uint32_t> CountPromptTokens(const Tokenizer& tokenizer, std::string_view prompt);

}  // namespace vetor
