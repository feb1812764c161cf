// The first step of the reference pass: token ids -> embeddings.
#pragma once

#include <cstdint>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/reference/linear_product.h"
#include "vetor/status.h"

namespace vetor {

/// Position rows of one text's tokens, as Encoder::position_rule says.
std::vector<int64_t> PositionRows(const Encoder& encoder, const std::vector<int64_t>& ids);

/// word[id] * word_scale + position + token_type[0] of each text's tokens, one text after the
/// other, before the norm. Reads only the rows that occur. INVALID_ARGUMENT: a text without tokens,
/// an id outside the vocabulary, a text with more tokens than there are positions.
template <typename Scalar>
Result<TokenMatrix<Scalar>> EmbedTokens(const Encoder& encoder,
                                        const std::vector<std::vector<int64_t>>& texts);

}  // namespace vetor
