#include "server/api/operation_routes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/openapi_document.h"
#include "server/api/prometheus_text.h"
#include "server/page.h"

namespace vetor {
namespace {

// The page loads its own files and talks to its own server, and to nobody else.
constexpr std::string_view kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse TextAnswer(std::string_view type, std::string body, int status = 200) {
  return {
      .status = status, .fields = {{"Content-Type", std::string(type)}}, .body = std::move(body)};
}

HttpResponse StateAnswer(std::string_view state) {
  return JsonAnswer(R"({"status":")" + std::string(state) + R"("})");
}

HttpResponse PageAnswer(const PageFile& file) {
  HttpResponse answer = TextAnswer(file.content_type, std::string(file.bytes));
  answer.fields.push_back({"Content-Security-Policy", std::string(kContentPolicy)});
  answer.fields.push_back({"X-Content-Type-Options", "nosniff"});
  answer.fields.push_back({"Referrer-Policy", "no-referrer"});
  answer.fields.push_back({"Cache-Control", "no-cache"});
  return answer;
}

std::string_view TrimmedPath(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Status NotReady(const ApiState& state) {
  if (state.draining) return UnavailableError("the server stops");
  return UnavailableError("the server is still loading its models; try again in a moment");
}

}  // namespace

void AnswerPage(const std::shared_ptr<Exchange>& exchange) {
  const std::string_view path = TrimmedPath(exchange->head().path);
  for (const PageFile& file : PageFiles()) {
    if (file.path == path) return exchange->Respond(PageAnswer(file));
  }
  if (path == "/") {
    return exchange->Respond(TextAnswer(
        "text/plain; charset=utf-8",
        "vetor " VETOR_VERSION ", an embeddings server. /openapi.json describes its routes.\n"));
  }
  exchange->Fail(NotFoundError("the page has no file of that name"));
}

void AnswerLive(const std::shared_ptr<Exchange>& exchange) {
  exchange->Respond(StateAnswer("live"));
}

void AnswerReady(const std::shared_ptr<Exchange>& exchange) {
  const ApiState& state = exchange->state();
  if (state.draining || !state.models->ready()) return exchange->Fail(NotReady(state));
  exchange->Respond(StateAnswer("ready"));
}

void AnswerHealth(const std::shared_ptr<Exchange>& exchange) {
  const ApiState& state = exchange->state();
  if (!state.models->ready()) return exchange->Fail(NotReady(state));
  state.health->Ask(state.models->Opened(), [exchange](const Status& status) {
    if (status.ok()) return exchange->Respond(StateAnswer("healthy"));
    exchange->Fail(UnavailableError(status.message()));
  });
}

void AnswerMetrics(const std::shared_ptr<Exchange>& exchange) {
  exchange->Respond(
      TextAnswer("text/plain; version=0.0.4; charset=utf-8", PrometheusText(exchange->state())));
}

void AnswerOpenApi(const std::shared_ptr<Exchange>& exchange) {
  exchange->Respond(JsonAnswer(OpenApiDocument(exchange->state().models->Opened(),
                                               exchange->state().options.config.token_ids)));
}

}  // namespace vetor
