// The routes of Cohere's API, version 2.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

// Each function answers its exchange once, now or later.
void AnswerCohereEmbed(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
