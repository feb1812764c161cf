#include "server/api/api_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/exceptions.h"
#include "base/nearest_name.h"
#include "base/terminal_text.h"
#include "server/api/cohere_routes.h"
#include "server/api/decode_route.h"
#include "server/api/error_shape.h"
#include "server/api/exchange.h"
#include "server/api/ollama_routes.h"
#include "server/api/openai_routes.h"
#include "server/api/operation_routes.h"
#include "server/api/reading_cost.h"
#include "server/api/route_table.h"
#include "server/api/tei_routes.h"
#include "server/api/tokenize_route.h"

namespace vetor {
namespace {

// What the paths of kNotBuilt would need.
ApiError NotBuilt(const Route& route) {
  std::string_view missing = "models that score pairs of texts (rerankers)";
  if (route.path == "/embed_sparse") missing = "models with sparse vectors (SPLADE)";
  if (route.path == "/embed_all") missing = "the vectors of single tokens";
  if (route.path == "/predict") missing = "models that classify";
  return {.status = 501,
          .message = std::string(route.path) + " is not there yet: this server lacks " +
                     std::string(missing)};
}

// "POST /v1/embeddings, GET /v1/models": the routes of a family that clients look for by a prefix.
std::string RoutesOf(Family family) {
  std::string routes;
  for (const Route& route : Routes()) {
    if (route.family != family || !route.described) continue;
    routes += fmt::format("{}{} {}", routes.empty() ? "" : ", ", route.method, route.path);
  }
  return routes;
}

std::string NearestPath(const std::string& path) {
  std::vector<std::string> paths;
  for (const Route& route : Routes()) {
    if (route.described && route.path != "/") paths.emplace_back(route.path);
  }
  std::string nearest = NearestName(path, paths);
  return IsNear(path, nearest) ? nearest : "";
}

ApiError UnknownPath(const HttpRequestHead& head) {
  std::string message = "there is nothing at " + Quoted(head.path) + "; ";
  if (const std::string nearest = NearestPath(head.path); !nearest.empty()) {
    message += "did you mean " + nearest + "? ";
  } else if (const Family family = FamilyOfPath(head.path); family != Family::kPlain) {
    message += "near it are " + RoutesOf(family) + ", and ";
  }
  return {.status = 404, .message = message + "/openapi.json lists the routes of this server"};
}

ApiError WrongMethod(const HttpRequestHead& head, const RouteMatch& match) {
  return {
      .status = 405,
      .message = Quoted(head.path) + " takes " + match.allow + ", found " + Quoted(head.method)};
}

void Dispatch(const std::shared_ptr<Exchange>& exchange) {
  switch (exchange->route().id) {
    case RouteId::kPage:
      return AnswerPage(exchange);
    case RouteId::kLive:
      return AnswerLive(exchange);
    case RouteId::kReady:
      return AnswerReady(exchange);
    case RouteId::kHealth:
      return AnswerHealth(exchange);
    case RouteId::kMetrics:
      return AnswerMetrics(exchange);
    case RouteId::kOpenApi:
      return AnswerOpenApi(exchange);
    case RouteId::kOpenAiEmbeddings:
      return AnswerOpenAiEmbeddings(exchange);
    case RouteId::kOpenAiModels:
      return AnswerOpenAiModels(exchange);
    case RouteId::kOpenAiModel:
      return AnswerOpenAiModel(exchange);
    case RouteId::kTeiRoot:
      return AnswerTeiRoot(exchange);
    case RouteId::kTeiEmbed:
      return AnswerTeiEmbed(exchange);
    case RouteId::kTeiSimilarity:
      return AnswerTeiSimilarity(exchange);
    case RouteId::kTeiTokenize:
      return AnswerTeiTokenize(exchange);
    case RouteId::kTeiDecode:
      return AnswerTeiDecode(exchange);
    case RouteId::kTeiInfo:
      return AnswerTeiInfo(exchange);
    case RouteId::kCohereEmbed:
      return AnswerCohereEmbed(exchange);
    case RouteId::kOllamaEmbed:
      return AnswerOllamaEmbed(exchange);
    case RouteId::kOllamaEmbeddings:
      return AnswerOllamaEmbeddings(exchange);
    case RouteId::kOllamaTags:
      return AnswerOllamaTags(exchange);
    case RouteId::kOllamaVersion:
      return AnswerOllamaVersion(exchange);
    case RouteId::kOllamaShow:
      return AnswerOllamaShow(exchange);
    case RouteId::kUnknown:
    case RouteId::kNotBuilt:
      break;
  }
  exchange->Fail(NotBuilt(exchange->route()));
}

// The answer to an exception. Memory that was refused comes back when other requests end: 503.
HttpResponse FailureAnswer(Family family, const Status& status) {
  const bool memory = status.code() == StatusCode::kResourceExhausted;
  return ErrorAnswer(family,
                     ErrorFromStatus(family, memory ? UnavailableError(status.message()) : status));
}

void DispatchSafely(const std::shared_ptr<Exchange>& exchange) {
  const Status status = CatchExceptions([&exchange] {
    Dispatch(exchange);
    return Status();
  });
  if (!status.ok()) exchange->Respond(FailureAnswer(exchange->family(), status));
}

// A larger body is read on another thread than that of the connections: a megabyte of JSON takes
// some milliseconds.
constexpr uint64_t kMostBytesHere = 64 << 10;

// The tokens of a text cost as much as the JSON of so many texts.
constexpr uint64_t kTokenizeCost = 64;

// As WorkLanes counts it. No request for tokens or their texts is read here, however short.
uint64_t CostOfReading(const Exchange& exchange) {
  const uint64_t bytes = exchange.body().size();
  const RouteId id = exchange.route().id;
  if (id != RouteId::kTeiTokenize && id != RouteId::kTeiDecode) return bytes;
  return kMostBytesHere + 1 + bytes * kTokenizeCost;
}

// Makes room for what a large body becomes while it is read. Answers the exchange and returns false
// if there is none.
bool HoldReading(Exchange* exchange, HeldBytes* reading) {
  const std::string& body = exchange->body();
  if (body.size() <= kMostBytesHere) return true;
  return exchange->HoldReading("this body of " + Counted(body.size(), "byte"), BytesOfReading(body),
                               reading);
}

void DispatchInLane(const std::shared_ptr<Exchange>& exchange) {
  if (exchange->answered() || exchange->FailIfLate()) return;
  HeldBytes reading(exchange->state().options.budget);
  if (!HoldReading(exchange.get(), &reading)) return;
  DispatchSafely(exchange);
}

}  // namespace

class ApiHandler::Impl {
 public:
  Impl(ApiOptions options, const ModelTable* models)
      : state_(std::make_shared<ApiState>(std::move(options), models)) {}
  ~Impl() { state_->lanes.Close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // The answer that the head alone decides; nothing if the request goes on.
  std::optional<HttpResponse> AnswerOfHead(const HttpRequestHead& head,
                                           const RouteMatch& match) const {
    const Family family = match.route.family;
    if (const auto error = state_->rules.Check(head, match.route)) {
      return ErrorAnswer(family, *error);
    }
    if (match.allow.empty()) return ErrorAnswer(family, UnknownPath(head));
    if (head.method == "OPTIONS") return state_->rules.Preflight(head, match.allow);
    if (match.route.id == RouteId::kUnknown) {
      HttpResponse answer = ErrorAnswer(family, WrongMethod(head, match));
      answer.fields.push_back({"Allow", match.allow});
      return answer;
    }
    if (match.route.id == RouteId::kNotBuilt) return ErrorAnswer(family, NotBuilt(match.route));
    return std::nullopt;
  }

  std::optional<HttpResponse> CheckHead(const HttpRequestHead& head) const {
    std::optional<HttpResponse> answer;
    const Status status = CatchExceptions([&] {
      const RouteMatch match = MatchRoute(head.method, head.path);
      answer = AnswerOfHead(head, match);
      if (answer) Complete(state_.get(), head, match.route, 0, &*answer);
      return Status();
    });
    if (status.ok()) return answer;
    return FailureAnswer(Family::kPlain, status);
  }

  void Handle(HttpRequest request, HttpResponder respond) {
    // While `respond` is not empty, nobody else answers.
    const Status status = CatchExceptions([&] {
      Begin(&request, &respond);
      return Status();
    });
    if (!status.ok() && respond) respond(FailureAnswer(Family::kPlain, status));
  }

  HttpResponse Refusal(int status, std::string_view reason, const HttpRequestHead& head) const {
    const Family family = FamilyOfPath(head.path);
    ApiError error{.status = status, .message = std::string(reason)};
    if (status == 503) error.retry_after = kRetryAfter;
    HttpResponse answer = ErrorAnswer(family, error);
    const Route route{.path = "refused", .family = family};
    Complete(state_.get(), head, route, 0, &answer);
    return answer;
  }

  void StartDraining() const { state_->draining = true; }

 private:
  // Takes both arguments once the request has its exchange, which answers it from then on.
  void Begin(HttpRequest* request, HttpResponder* respond) {
    RouteMatch match = MatchRoute(request->head.method, request->head.path);
    if (std::optional<HttpResponse> answer = AnswerOfHead(request->head, match)) {
      Complete(state_.get(), request->head, match.route, 0, &*answer);
      return std::exchange(*respond, nullptr)(*std::move(answer));
    }
    const auto exchange = std::make_shared<Exchange>(state_, std::move(*request), std::move(match),
                                                     std::move(*respond));
    *respond = nullptr;
    const uint64_t cost = CostOfReading(*exchange);
    exchange->AnswerOnStop();
    if (exchange->answered()) return;
    if (cost <= kMostBytesHere) return DispatchSafely(exchange);
    state_->lanes.Post(cost, [exchange] { DispatchInLane(exchange); });
  }

  const std::shared_ptr<ApiState> state_;
};

ApiHandler::ApiHandler(ApiOptions options, const ModelTable* models)
    : impl_(std::make_unique<Impl>(std::move(options), models)) {}

ApiHandler::~ApiHandler() = default;

std::optional<HttpResponse> ApiHandler::CheckHead(const HttpRequestHead& head) {
  return impl_->CheckHead(head);
}

void ApiHandler::Handle(HttpRequest request, HttpResponder respond) {
  impl_->Handle(std::move(request), std::move(respond));
}

HttpResponse ApiHandler::Refusal(int status, std::string_view reason, const HttpRequestHead& head) {
  return impl_->Refusal(status, reason, head);
}

void ApiHandler::StartDraining() { impl_->StartDraining(); }

}  // namespace vetor
