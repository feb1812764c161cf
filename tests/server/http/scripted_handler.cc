#include "tests/server/http/scripted_handler.h"

#include <utility>

namespace vetor::testing {

ScriptedHandler::~ScriptedHandler() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::optional<HttpResponse> ScriptedHandler::CheckHead(const HttpRequestHead& head) {
  if (head.path != "/refused") return std::nullopt;
  return HttpResponse{.status = 401, .body = "no key"};
}

void ScriptedHandler::Handle(HttpRequest request, HttpResponder respond) {
  const std::string& path = request.head.path;
  if (path == "/hold") {
    const MutexLock lock(&mutex_);
    held_.push_back({std::move(request), std::move(respond)});
    changed_.NotifyAll();
    return;
  }
  if (path == "/dropped") return;
  HttpResponse response;
  if (path == "/large") {
    response.body.assign(64 << 20, 'x');
  } else if (path == "/fields") {
    response.fields = {{"X-Trace", "a\r\nX-Evil: 1"}, {"Content-Length", "999"}};
  } else {
    response.body = request.head.method + " " + path +
                    (request.head.query.empty() ? "" : "?" + request.head.query) + "\n" +
                    request.body;
  }
  if (path != "/later") return respond(std::move(response));
  const MutexLock lock(&mutex_);
  threads_.emplace_back([respond, response] { respond(response); });
}

HttpResponse ScriptedHandler::Refusal(int status, std::string_view reason,
                                      const HttpRequestHead& head) {
  return {.status = status, .body = head.path + ": " + std::string(reason)};
}

void ScriptedHandler::AwaitHeld(size_t count) {
  const MutexLock lock(&mutex_);
  while (held_.size() < count) changed_.Wait(&mutex_);
}

void ScriptedHandler::AwaitStop() {
  AwaitHeld(1);
  std::stop_token stop;
  {
    const MutexLock lock(&mutex_);
    stop = held_.front().request.stop;
  }
  const std::stop_callback told(stop, [this] {
    const MutexLock lock(&mutex_);
    changed_.NotifyAll();
  });
  const MutexLock lock(&mutex_);
  while (!stop.stop_requested()) changed_.Wait(&mutex_);
}

bool ScriptedHandler::stop_requested() {
  const MutexLock lock(&mutex_);
  return !held_.empty() && held_.front().request.stop.stop_requested();
}

void ScriptedHandler::Release() {
  std::vector<Held> held;
  {
    const MutexLock lock(&mutex_);
    held.swap(held_);
  }
  for (Held& one : held) one.respond({.body = "held"});
}

ServedHandler::ServedHandler(HttpServerOptions options) {
  options.port = 0;
  options.clock = &clock;
  server = *HttpServer::Listen(options, &handler);
}

void Until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::yield();
}

}  // namespace vetor::testing
