// One request and its one answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/thread_annotations.h"
#include "server/api/accept_field.h"
#include "server/api/admission.h"
#include "server/api/api_handler.h"
#include "server/api/caller_rules.h"
#include "server/api/error_shape.h"
#include "server/api/health_check.h"
#include "server/api/model_table.h"
#include "server/api/request_counters.h"
#include "server/api/route_table.h"
#include "server/api/work_lanes.h"
#include "server/http/byte_budget.h"
#include "server/http/request_handler.h"

namespace vetor {

/// What all requests of a server share. The parts are thread-safe; the rest is constant.
struct ApiState {
  ApiState(ApiOptions given, const ModelTable* table);

  const ApiOptions options;
  const ModelTable* const models;
  const CallerRules rules;
  Admission admission;
  RequestCounters counters;
  WorkLanes lanes;  ///< Closed by the handler: the last owner of the state may be one of them.
  const std::shared_ptr<HealthCheck> health;
  std::atomic<bool> draining{false};
};

/// Shared by the steps of its request. Used by one thread at a time, beside which a stop may
/// answer.
class Exchange {
 public:
  Exchange(std::shared_ptr<ApiState> state, HttpRequest request, RouteMatch match,
           HttpResponder respond);
  /// Answers with 500 if nobody has answered.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const HttpRequestHead& head() const { return request_.head; }
  const std::stop_token& stop() const { return request_.stop; }
  const std::string& body() const { return request_.body; }
  /// The body, which may be large and is not kept while the request is computed. Call it once.
  std::string TakeBody() { return std::move(request_.body); }
  const Route& route() const { return match_.route; }
  Family family() const { return match_.route.family; }
  const std::string& last_segment() const { return match_.last_segment; }
  ApiState& state() const { return *state_; }

  std::chrono::steady_clock::time_point deadline() const;
  /// Since the request's first byte.
  double elapsed_ms() const;
  /// Whether the client asks for raw rows instead of JSON.
  bool WantsRawRows() const { return PrefersRawRows(request_.head); }

  /// From here on a stop answers the request at once, whatever it waits for or is done for it, so
  /// that at the end of a drain nothing stays unanswered.
  void AnswerOnStop();
  /// Then more work for it is in vain.
  bool answered() const { return answered_; }
  /// Answers a request that is older than ai.server.request_timeout_ms. False if it is not.
  bool FailIfLate();
  /// An error if nobody waits for an answer any more: the client has left, or the request is too
  /// old.
  Status CheckWanted() const;
  /// Answers a request that was told to stop: its client has left, or the server has waited for it
  /// as long as it does.
  void FailStopped();

  /// Makes room in `held` for `bytes` that `what` ("a body of 12 bytes") becomes while it is read.
  /// Answers the request and returns false if there is none.
  bool HoldReading(std::string_view what, uint64_t bytes, HeldBytes* held);

  /// Makes room for an answer of up to `bytes` and what it is made of, until it is written or its
  /// connection has ended. RESOURCE_EXHAUSTED, with the numbers, if other requests hold too much.
  /// Call it once.
  Status HoldAnswer(uint64_t bytes);

  /// Answers. Only the first answer counts.
  void Respond(HttpResponse response);
  void Fail(const ApiError& error) { Respond(ErrorAnswer(family(), error)); }
  void Fail(const Status& status) { Fail(ErrorFromStatus(family(), status)); }

 private:
  const std::shared_ptr<ApiState> state_;
  HttpRequest request_;
  const RouteMatch match_;
  HttpResponder respond_;
  Mutex mutex_;
  std::shared_ptr<HeldBytes> held_ VETOR_GUARDED_BY(mutex_);  // For the answer; null before it.
  std::atomic<bool> answered_{false};
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;  // Last: it uses all others.
};

/// What every answer of the API gets: the fields for pages, a count and a line in the log.
void Complete(ApiState* state, const HttpRequestHead& head, const Route& route, double elapsed_ms,
              HttpResponse* response);

}  // namespace vetor
