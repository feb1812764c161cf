// The routes for who runs the server, and the files of the page.
#pragma once

#include <memory>

#include "server/api/exchange.h"

namespace vetor {

// Each function answers its exchange once, now or later.
/// "/" and "/page/...": the files of the page, with a content security policy.
void AnswerPage(const std::shared_ptr<Exchange>& exchange);
/// 200 as long as the process answers at all.
void AnswerLive(const std::shared_ptr<Exchange>& exchange);
/// 200 if every model is open and the server does not stop, else 503.
void AnswerReady(const std::shared_ptr<Exchange>& exchange);
/// 200 if each model computed something lately or does so now, else 503.
void AnswerHealth(const std::shared_ptr<Exchange>& exchange);
void AnswerMetrics(const std::shared_ptr<Exchange>& exchange);
void AnswerOpenApi(const std::shared_ptr<Exchange>& exchange);

}  // namespace vetor
