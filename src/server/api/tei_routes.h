// The routes of text-embeddings-inference.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

// Each function answers its exchange once, now or later.
/// /embed or /similarity, by the shape of the body: clients of the hub post both to "/".
void AnswerTeiRoot(const std::shared_ptr<Exchange>& exchange);
void AnswerTeiEmbed(const std::shared_ptr<Exchange>& exchange);
void AnswerTeiSimilarity(const std::shared_ptr<Exchange>& exchange);
void AnswerTeiInfo(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
