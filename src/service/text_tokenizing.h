// Texts of a call become what a backend reads: token ids, cut, refused or in windows where they are
// too long, or the text itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "service/call_part.h"
#include "service/embed_call.h"
#include "service/engine.h"
#include "tokenizer/tokenizer.h"
#include "vetor/status.h"

namespace vetor {

/// Adds the part's texts to `call`, in their order, and returns how many tokens they have. Errors
/// name the row; CANCELLED and DEADLINE_EXCEEDED.
Result<uint64_t> AddTexts(const Engine& engine, const CallPart& part, EmbedCall* call);

/// How many tokens of a text are its prompt's, where pooling leaves them out.
Result<uint32_t> CountPromptTokens(const Tokenizer& tokenizer, std::string_view prompt);

}  // namespace vetor
