// What the connections and loops of one HttpServer share.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/thread_annotations.h"
#include "server/http/http_server.h"
#include "server/http/request_handler.h"
#include "server/http/tls_certificates.h"

namespace vetor {

/// The steps of an end, as points in time.
struct DrainPlan {
  using TimePoint = std::chrono::steady_clock::time_point;
  TimePoint idle_end;      ///< Idle connections are closed.
  TimePoint requests_end;  ///< Requests under way are told to stop.
  TimePoint all_end;       ///< What is still open is closed.
};

/// Thread-safe.
struct ServerState {
  /// Never changed after the start; max_connections is not 0, and there is a budget.
  HttpServerOptions options;
  RequestHandler* handler = nullptr;
  TlsCertificates certificates;
  std::atomic<bool> reading_certificates{false};  ///< HttpServer::ReloadCertificates is at it.

  struct Counters {
    std::atomic<uint64_t> open{0}, accepted{0}, refused{0}, dropped_idle{0}, accept_pauses{0},
        requests{0}, refused_requests{0}, disconnects{0}, timeouts{0}, failures{0}, bytes_read{0},
        bytes_written{0};
  } counters;

  std::atomic<int> refusals_open{0};  ///< Connections beyond the bound that are being answered 503.
  std::atomic<bool> draining{false};
  std::atomic<bool> accepting{true};  ///< An acceptor may still bring connections.

  std::chrono::steady_clock::time_point Now() const {
    return options.clock == nullptr ? std::chrono::steady_clock::now() : options.clock->Now();
  }

  std::optional<DrainPlan> drain_plan() VETOR_EXCLUDES(mutex_) {
    if (!draining.load()) return std::nullopt;
    const MutexLock lock(&mutex_);
    return plan_;
  }

  /// Never makes an end later.
  void PlanDrain(const DrainPlan& plan) VETOR_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    if (plan_) {
      plan_->idle_end = std::min(plan_->idle_end, plan.idle_end);
      plan_->requests_end = std::min(plan_->requests_end, plan.requests_end);
      plan_->all_end = std::min(plan_->all_end, plan.all_end);
    } else {
      plan_ = plan;
    }
    draining.store(true);
  }

 private:
  Mutex mutex_;
  std::optional<DrainPlan> plan_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
