// The routes of the server: OpenAI, text-embeddings-inference, Cohere and Ollama, and those for who
// runs it. No socket is met here: HttpRequest in, HttpResponse out.
//
//   ModelTable models({"minilm"});
//   ApiHandler handler({.config = config, .api_key = key}, &models);
//   HttpServer server(..., &handler);      // answers 503 until the models are open
//   models.Put(0, ...);
//   ... handler.StartDraining(); stop the server; destroy the handler, then the table ...
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/api/model_table.h"
#include "server/http/byte_budget.h"
#include "server/http/request_handler.h"
#include "vetor/server_config.h"

namespace vetor {

struct ApiOptions {
  ServerConfig config;
  /// The key that requests must bring; empty: none is asked for.
  std::string api_key;
  /// For the metric of open connections; may be empty.
  std::function<size_t()> open_connections;
  /// The most connections that are open at once, for /info; may be empty.
  std::function<size_t()> max_connections;
  /// What all requests may hold together; null: that of `config`, of the handler's own.
  std::shared_ptr<ByteBudget> budget;
  /// The clock of deadlines and of the health check. Tests give their own; empty: steady_clock.
  std::function<std::chrono::steady_clock::time_point()> now;
};

/// Thread-safe. Answers that are under way keep what they need of it alive, but the table of models
/// must outlive them: destroy the table after this, which waits for the callbacks of its services.
class ApiHandler : public RequestHandler {
 public:
  /// Borrows `models`.
  ApiHandler(ApiOptions options, const ModelTable* models);
  ~ApiHandler() override;

  std::optional<HttpResponse> CheckHead(const HttpRequestHead& head) override;
  void Handle(HttpRequest request, HttpResponder respond) override;
  HttpResponse Refusal(int status, std::string_view reason, const HttpRequestHead& head) override;

  /// From now on /ready answers 503. Requests are answered as before.
  void StartDraining();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vetor
