// The routes of Ollama's API that concern embeddings.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

// Each function answers its exchange once, now or later.
void AnswerOllamaEmbed(const std::shared_ptr<Exchange>& exchange);
void AnswerOllamaEmbeddings(const std::shared_ptr<Exchange>& exchange);
void AnswerOllamaTags(const std::shared_ptr<Exchange>& exchange);
void AnswerOllamaVersion(const std::shared_ptr<Exchange>& exchange);
void AnswerOllamaShow(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
