#include "server/api/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/counted.h"
#include "base/exceptions.h"
#include "os/log.h"

namespace vetor {
namespace {

ApiOptions WithDefaults(ApiOptions options) {
  if (!options.now) options.now = [] { return std::chrono::steady_clock::now(); };
  if (options.budget == nullptr) options.budget = ByteBudget::Of(options.config);
  return options;
}

// A trace id as W3C's Trace Context writes it: "00-" 32 digits "-" 16 digits "-" 2 digits. Nothing
// else of a client goes into the log.
std::string_view TraceOf(const HttpRequestHead& head) {
  constexpr size_t kLength = 55;
  const std::string* value = head.Find("traceparent");
  if (value == nullptr || value->size() != kLength) return {};
  const bool valid = std::ranges::all_of(
      *value, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; });
  return valid ? std::string_view(*value) : std::string_view();
}

void LogAnswer(const HttpRequestHead& head, const Route& route, double elapsed_ms, int status) {
  const std::string_view trace = TraceOf(head);
  // A line per request is for those who follow a trace, and for faults of the server's own.
  LogLevel level = trace.empty() ? LogLevel::kDebug : LogLevel::kInfo;
  if (status == 500) level = LogLevel::kWarning;
  if (!LogEnabled(level)) return;
  Log(level, "{} {} {} in {:.1f} ms{}{}", route.method.empty() ? "request" : route.method,
      route.path, status, elapsed_ms, trace.empty() ? "" : ", traceparent ", trace);
}

}  // namespace

ApiState::ApiState(ApiOptions given, const ModelTable* table)
    : options(WithDefaults(std::move(given))),
      models(table),
      rules(options.config, options.api_key),
      admission(static_cast<uint64_t>(std::max(1, options.config.queue_tokens)), options.now),
      health(std::make_shared<HealthCheck>(options.now)) {}

Exchange::Exchange(std::shared_ptr<ApiState> state, HttpRequest request, RouteMatch match,
                   HttpResponder respond)
    : state_(std::move(state)),
      request_(std::move(request)),
      match_(std::move(match)),
      respond_(std::move(respond)) {}

Exchange::~Exchange() {
  if (answered_) return;
  // A destructor must not throw, and without memory there is nothing left to try.
  static_cast<void>(CatchExceptions([this] {
    Fail(ApiError{.status = 500, .message = "the request ended without an answer"});
    return Status();
  }));
}

std::chrono::steady_clock::time_point Exchange::deadline() const {
  return request_.received + std::chrono::milliseconds(state_->options.config.request_timeout_ms);
}

double Exchange::elapsed_ms() const {
  using Ms = std::chrono::duration<double, std::milli>;
  return std::max(0.0, Ms(state_->options.now() - request_.received).count());
}

void Exchange::AnswerOnStop() {
  if (request_.stop.stop_possible()) on_stop_.emplace(request_.stop, [this] { FailStopped(); });
}

bool Exchange::FailIfLate() {
  if (state_->options.now() < deadline()) return false;
  Fail(DeadlineExceededError("the time of the request passed before it was read"));
  return true;
}

Status Exchange::CheckWanted() const {
  if (stop().stop_requested()) return CancelledError("the client has left");
  if (state_->options.now() < deadline()) return {};
  return DeadlineExceededError("the request is older than ai.server.request_timeout_ms");
}

void Exchange::FailStopped() {
  const Status failed = CatchExceptions([this] {
    if (state_->draining) {
      Fail(CancelledError("its time for requests under way is over"));
    } else {
      Fail(ApiError{.status = 499, .message = "the client has left"});
    }
    return Status();
  });
  // Without memory for a message.
  if (!failed.ok()) Respond({.status = 503, .close = true});
}

bool Exchange::HoldReading(std::string_view what, uint64_t bytes, HeldBytes* held) {
  if (held->Hold(bytes)) return true;
  const uint64_t most = state_->options.budget->MostFor(bytes);
  const std::string message = fmt::format(
      "to read {} takes up to {} bytes, and ai.server.max_held_mb leaves {}{}; send fewer texts "
      "per request",
      what, WithThousands(bytes), WithThousands(most),
      bytes <= most ? " for all requests together, of which others hold a part" : "");
  if (bytes > most) {
    Fail(ApiError{.status = 413, .message = message});
  } else {
    Fail(ResourceExhaustedError(message));
  }
  return false;
}

Status Exchange::HoldAnswer(uint64_t bytes) {
  const std::shared_ptr<ByteBudget>& budget = state_->options.budget;
  auto held = std::make_shared<HeldBytes>(budget);
  if (held->Hold(bytes)) {
    const MutexLock lock(&mutex_);
    held_ = std::move(held);
    return {};
  }
  return ResourceExhaustedError(fmt::format(
      "the server holds {} of other requests' bodies and answers, this one's answer needs up to "
      "{}, and ai.server.max_held_mb allows {}; try again later, or send fewer texts per request",
      Counted(budget->held(), "byte"), WithThousands(bytes),
      WithThousands(budget->MostFor(bytes))));
}

void Exchange::Respond(HttpResponse response) {
  {
    const MutexLock lock(&mutex_);
    if (answered_.exchange(true)) return;
    // After a stop the work may go on for a while, and holds what it held.
    if (!request_.stop.stop_requested()) response.held = std::move(held_);
  }
  if (response.held != nullptr) {
    response.held->Hold(std::min(response.held->bytes(), uint64_t{response.body.size()}));
  }
  // Without memory, an answer that is not counted is better than none.
  static_cast<void>(CatchExceptions([&] {
    Complete(state_.get(), request_.head, match_.route, elapsed_ms(), &response);
    return Status();
  }));
  respond_(std::move(response));
}

void Complete(ApiState* state, const HttpRequestHead& head, const Route& route, double elapsed_ms,
              HttpResponse* response) {
  state->rules.AddCorsFields(head, response);
  if (response->status == 401) response->fields.push_back({"WWW-Authenticate", "Bearer"});
  state->counters.Count(route.path, response->status, elapsed_ms / 1e3);
  LogAnswer(head, route, elapsed_ms, response->status);
}

}  // namespace vetor
