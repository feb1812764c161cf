// /tokenize of text-embeddings-inference: the tokens of each text.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

// Each function answers its exchange once, now or later.
void AnswerTeiTokenize(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
