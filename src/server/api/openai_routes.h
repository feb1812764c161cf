// The routes of OpenAI's API.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

// Each function answers its exchange once, now or later.
void AnswerOpenAiEmbeddings(const std::shared_ptr<Exchange>& exchange);
void AnswerOpenAiModels(const std::shared_ptr<Exchange>& exchange);
void AnswerOpenAiModel(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
