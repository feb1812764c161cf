// The first step of the forward pass: token ids -> embeddings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "encoder/encoder.h"
#include "vetor/status.h"

namespace vetor {

/// One text's tokens. `types` empty: all 0.
struct TextTokens {
  std::span<const int64_t> ids;
  std::span<const int64_t> types;
};

/// INVALID_ARGUMENT: an id or a type without a row, or more tokens than the model has positions.
Status CheckTokens(const Encoder& encoder, const TextTokens& text);

/// word[id] * word_scale + position + token_type of each token, [tokens, hidden] with `stride`
/// floats from row to row, before the norm. REQUIRES: CheckTokens.
void EmbedText(const Encoder& encoder, const TextTokens& text, float* rows, size_t stride);

}  // namespace vetor
