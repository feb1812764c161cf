// Turns the texts of a call into the input of a backend: token ids (a text that is too long is cut,
// refused or read in windows) or the text itself.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "service/call_part.h"
#include "service/embed_call.h"
#include "vetor/status.h"

namespace vetor {

/// Adds the part's texts to `call`, in their order, and returns how many tokens they have. Errors:
/// those of the tokenizer, which name the row; CANCELLED and DEADLINE_EXCEEDED.
Result<uint64_t> AddTexts(const Engine& engine, const CallPart& part, EmbedCall* call);

}  // namespace vetor
