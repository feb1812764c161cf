// A RequestHandler for tests of the server, and a server with a clock that stands still.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/thread_annotations.h"
#include "server/http/http_server.h"

namespace vetor::testing {

/// Answers at once: 200 with "METHOD PATH?QUERY\nBODY". Paths that do something else:
/// - /hold waits for Release; /later answers from another thread; /dropped never answers
/// - /large has a body of 64 MiB; /fields tries to smuggle a field into the answer
/// - /refused is answered 401 as soon as its head is there
/// Thread-safe.
class ScriptedHandler : public RequestHandler {
 public:
  ~ScriptedHandler() override;

  std::optional<HttpResponse> CheckHead(const HttpRequestHead& head) override;
  void Handle(HttpRequest request, HttpResponder respond) override;
  HttpResponse Refusal(int status, std::string_view reason, const HttpRequestHead& head) override;

  /// Returns when `count` requests to /hold wait.
  void AwaitHeld(size_t count) VETOR_EXCLUDES(mutex_);
  /// Returns when the oldest request to /hold is told to stop.
  void AwaitStop() VETOR_EXCLUDES(mutex_);
  bool stop_requested() VETOR_EXCLUDES(mutex_);
  /// Answers all requests to /hold that wait: 200 with "held".
  void Release() VETOR_EXCLUDES(mutex_);

 private:
  struct Held {
    HttpRequest request;
    HttpResponder respond;
  };

  Mutex mutex_;
  CondVar changed_;
  std::vector<Held> held_ VETOR_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ VETOR_GUARDED_BY(mutex_);
};

/// Time that only the test moves.
class ManualClock : public HttpClock {
 public:
  std::chrono::steady_clock::time_point Now() const override {
    const MutexLock lock(&mutex_);
    return now_;
  }
  void Advance(std::chrono::milliseconds time) {
    const MutexLock lock(&mutex_);
    now_ += time;
  }

 private:
  mutable Mutex mutex_;
  std::chrono::steady_clock::time_point now_ VETOR_GUARDED_BY(mutex_){std::chrono::hours(1)};
};

/// A server on a free port whose deadlines pass when the test says so.
struct ServedHandler {
  /// `options` without port and clock.
  explicit ServedHandler(HttpServerOptions options = {});

  uint16_t port() const { return server->port(); }
  /// Returns when the server has done what follows from the bytes that it has read and written:
  /// each step of it queues the next one, and a look at deadlines queues behind.
  void Settle() {
    for (int step = 0; step < 4; ++step) server->CheckDeadlines();
  }
  /// Time passes, and the server looks at its deadlines.
  void Pass(std::chrono::milliseconds time) {
    Settle();
    clock.Advance(time);
    server->CheckDeadlines();
  }
  HttpServerCounters counters() const { return server->counters(); }

  ManualClock clock;
  ScriptedHandler handler;
  std::unique_ptr<HttpServer> server;
};

/// Gives way to other threads until `holds`. The test's time limit ends one that never does.
void Until(const std::function<bool()>& holds);

}  // namespace vetor::testing
