// A handler over small models, and requests to it, without a socket.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "server/api/api_handler.h"
#include "tests/support/test_services.h"
#include "vetor/tokenizer.h"

namespace vetor::testing {

/// So late that no deadline passes while a test runs, whatever the machine's clock says.
inline constexpr std::chrono::steady_clock::time_point kNow =
    std::chrono::steady_clock::time_point::max() - std::chrono::hours(24);

/// Hashing of 256 components in one thread, with a cache in memory.
inline EmbeddingsConfig HashingConfig() {
  EmbeddingsConfig config;
  config.threads = 1;
  config.backend = BackendKind::kHashing;
  UseMemoryCache(&config);
  return config;
}

inline OpenedModel OpenForServing(const EmbeddingsConfig& config) {
  OpenedModel model;
  model.service = EmbeddingsService::Open(config).value();
  model.tokenizer = model.service->tokenizer();
  return model;
}

inline HttpRequest MakeRequest(std::string method, std::string path, std::string body = "",
                               std::vector<HttpField> fields = {}) {
  HttpRequest request;
  request.head.method = std::move(method);
  request.head.path = std::move(path);
  request.head.fields = std::move(fields);
  if (request.head.Find("Host") == nullptr) {
    request.head.fields.push_back({"Host", "127.0.0.1:8080"});
  }
  request.head.loopback_host = "127.0.0.1";
  request.body = std::move(body);
  request.received = kNow;
  return request;
}

/// Asks as a connection does: the head first, then the whole request.
inline std::future<HttpResponse> Ask(ApiHandler* handler, HttpRequest request) {
  auto answer = std::make_shared<std::promise<HttpResponse>>();
  std::future<HttpResponse> future = answer->get_future();
  if (std::optional<HttpResponse> refused = handler->CheckHead(request.head)) {
    answer->set_value(*std::move(refused));
    return future;
  }
  handler->Handle(std::move(request),
                  [answer](HttpResponse response) { answer->set_value(std::move(response)); });
  return future;
}

inline std::string FieldOf(const HttpResponse& response, std::string_view name) {
  for (const HttpField& field : response.fields) {
    if (EqualFieldNames(field.name, name)) return field.value;
  }
  return "";
}

inline boost::json::value JsonOf(const HttpResponse& response) {
  boost::system::error_code error;
  boost::json::value json = boost::json::parse(response.body, error);
  EXPECT_FALSE(error) << response.body;
  return json;
}

/// A server without sockets. By default it has hashing under the name "hash".
class ApiUnderTest {
 public:
  explicit ApiUnderTest(ApiOptions options = {}, std::vector<std::string> names = {"hash"})
      : models_(std::move(names)), handler_(WithClock(std::move(options)), &models_) {}

  static std::unique_ptr<ApiUnderTest> WithHashing(ApiOptions options = {}) {
    auto api = std::make_unique<ApiUnderTest>(std::move(options));
    api->models_.Put(0, OpenForServing(HashingConfig()));
    return api;
  }
  /// tiny-bert under "tiny": 32 components, 48 tokens, prompts "query" and "passage".
  static std::unique_ptr<ApiUnderTest> WithTiny(ApiOptions options = {}) {
    auto api = std::make_unique<ApiUnderTest>(std::move(options), std::vector<std::string>{"tiny"});
    api->models_.Put(0, OpenForServing(TinyConfig(Runtime::kNative)));
    return api;
  }

  std::future<HttpResponse> Start(HttpRequest request) {
    return Ask(&handler_, std::move(request));
  }
  HttpResponse Send(HttpRequest request) { return Start(std::move(request)).get(); }
  HttpResponse Post(std::string path, std::string body, std::vector<HttpField> fields = {}) {
    return Send(MakeRequest("POST", std::move(path), std::move(body), std::move(fields)));
  }
  HttpResponse Get(std::string path, std::vector<HttpField> fields = {}) {
    return Send(MakeRequest("GET", std::move(path), "", std::move(fields)));
  }

  ModelTable& models() { return models_; }
  ApiHandler& handler() { return handler_; }
  EmbeddingsService& service() { return models_.Opened().front()->service(); }

 private:
  static ApiOptions WithClock(ApiOptions options) {
    if (!options.now) options.now = [] { return kNow; };
    return options;
  }

  ModelTable models_;
  ApiHandler handler_;
};

/// Holds the only worker of a hashing service in the middle of a batch, until it is released.
class HeldWorker {
 public:
  explicit HeldWorker(EmbeddingsService* service) {
    EmbedOptions options;
    options.use_cache = false;
    options.progress = [this](size_t, size_t) {
      held_.set_value();
      may_go_.get_future().wait();
    };
    service->EmbedAsync({"holds the worker"}, std::move(options),
                        [this](const Result<Embeddings>&) { done_.set_value(); });
    held_.get_future().wait();
  }
  ~HeldWorker() {
    if (!released_) Release();
  }
  void Release() {
    released_ = true;
    may_go_.set_value();
    done_.get_future().wait();
  }

 private:
  std::promise<void> held_, may_go_, done_;
  bool released_ = false;
};

}  // namespace vetor::testing
