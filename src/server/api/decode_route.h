// /decode of text-embeddings-inference: the text of each list of token ids.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

/// Answers its exchange once. Ids that the model's tokenizer does not have are refused, naming them
/// and their place.
void AnswerTeiDecode(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
