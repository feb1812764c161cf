// The server from its parts: connections (http/), routes (api/) and the models that they serve.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <set>
#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "os/environment.h"
#include "os/log.h"
#include "server/api/api_handler.h"
#include "server/api/caller_rules.h"
#include "server/api/model_table.h"
#include "server/api_key.h"
#include "server/http/http_server.h"
#include "server/http/tls_certificates.h"
#include "server/open_served_model.h"
#include "vetor/server.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

std::vector<std::string> NamesOf(const std::vector<ServedModel>& models) {
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const ServedModel& model : models) names.push_back(model.name);
  return names;
}

Status SameNameError(std::string_view name, const ServedModel& model) {
  return InvalidArgumentError(
      fmt::format("two models have the name {}; give each a name of its own, as {}-2={}", name,
                  name, model.config.model.path.empty() ? "MODEL" : model.config.model.path));
}

// Checks the models before anything is opened. A model without a name has its id's, as far as that
// is known now.
Status CheckModels(const std::vector<ServedModel>& models) {
  if (models.empty()) return InvalidArgumentError("a server without a model; give it one or more");
  std::set<std::string> names;
  for (const ServedModel& model : models) {
    VETOR_ASSIGN_OR_RETURN(const std::string id, CheckServedModel(model.config));
    const std::string& name = model.name.empty() ? id : model.name;
    if (!name.empty() && !names.insert(name).second) return SameNameError(name, model);
  }
  return {};
}

bool OthersReach(const ServerConfig& config) {
  return config.socket.empty() && !IsLoopbackHost(config.host);
}

// Once, for an address that other machines reach.
void WarnOfOpenAddress(const ServerConfig& config, bool has_key) {
  // Sockets that a service manager hands over are its business.
  if (!OthersReach(config) || GetEnvironment("LISTEN_FDS")) return;
  const bool encrypted = !config.tls_cert.empty();
  if (has_key && encrypted) return;
  Log(LogLevel::kWarning,
      "other machines may reach this server on {}{}; set {} or listen on 127.0.0.1 behind a proxy",
      config.host,
      has_key     ? ", and keys and texts are not encrypted"
      : encrypted ? " without a key"
                  : " without a key and unencrypted",
      has_key     ? "ai.server.tls_cert and ai.server.tls_key,"
      : encrypted ? "ai.server.api_key_file,"
                  : "ai.server.api_key_file, ai.server.tls_cert and ai.server.tls_key,");
}

}  // namespace

Result<ServerSafety> ReadServerSafety(const ServerConfig& config) {
  return CatchExceptions([&]() -> Result<ServerSafety> {
    VETOR_RETURN_IF_ERROR(CheckServerConfig(config));
    VETOR_ASSIGN_OR_RETURN(const std::string key, ReadApiKey(config));
    ServerSafety safety{.others_reach_it = OthersReach(config), .has_key = !key.empty()};
    if (config.tls_cert.empty()) return safety;
    TlsCertificates certificates;
    VETOR_RETURN_IF_ERROR(certificates.Load(config.tls_cert, config.tls_key));
    CertificateDates dates = certificates.Dates();
    safety.certificate = std::move(dates.name);
    safety.valid_until = std::move(dates.valid_until);
    safety.days_left = dates.days_left;
    return safety;
  });
}

// Destroyed from the last member to the first: connections, then routes, then the services, which
// wait for the callbacks that the routes gave them.
struct EmbeddingsServer::Impl {
  Impl(const ServerConfig& server_config, std::vector<ServedModel> served, std::string api_key)
      : config(server_config),
        models(std::move(served)),
        table(NamesOf(models)),
        handler({.config = config,
                 .api_key = std::move(api_key),
                 .open_connections = [this] { return OpenConnections(); },
                 .max_connections = [this] { return MaxConnections(); },
                 .budget = budget},
                &table) {}

  size_t OpenConnections() const {
    const HttpServer* server = listening.load();
    return server == nullptr ? 0 : server->counters().open_connections;
  }

  size_t MaxConnections() const {
    const HttpServer* server = listening.load();
    return server == nullptr ? 0 : server->max_connections();
  }

  Status OpenModels(const std::stop_token& stop);
  std::vector<ServedModelInfo> DescribeModels() const;

  const ServerConfig config;
  const std::vector<ServedModel> models;
  const std::shared_ptr<ByteBudget> budget = ByteBudget::Of(config);  ///< Bodies and answers.
  ModelTable table;
  /// Requests come as soon as the server listens, before Bind has its pointer.
  std::atomic<const HttpServer*> listening = nullptr;
  ApiHandler handler;
  std::unique_ptr<HttpServer> http;
};

Status EmbeddingsServer::Impl::OpenModels(const std::stop_token& stop) {
  std::set<std::string> names;
  for (size_t i = 0; i < models.size() && !stop.stop_requested(); ++i) {
    const ServedModel& model = models[i];
    VETOR_ASSIGN_OR_RETURN(OpenedModel opened, OpenServedModel(model.config));
    const std::string& name = model.name.empty() ? opened.service->model_id() : model.name;
    if (!names.insert(name).second) return SameNameError(name, model);
    table.Put(i, std::move(opened));
  }
  return {};
}

std::vector<ServedModelInfo> EmbeddingsServer::Impl::DescribeModels() const {
  std::vector<ServedModelInfo> described;
  for (const ServedEntry* entry : table.Opened()) {
    described.push_back({.name = entry->name, .info = entry->service().info()});
  }
  return described;
}

EmbeddingsServer::EmbeddingsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddingsServer::~EmbeddingsServer() = default;

Result<std::unique_ptr<EmbeddingsServer>> EmbeddingsServer::Bind(const ServerConfig& config,
                                                                 std::vector<ServedModel> models) {
  return CatchExceptions([&]() -> Result<std::unique_ptr<EmbeddingsServer>> {
    VETOR_RETURN_IF_ERROR(CheckServerConfig(config));
    VETOR_RETURN_IF_ERROR(CheckModels(models));
    VETOR_ASSIGN_OR_RETURN(std::string key, ReadApiKey(config));
    WarnOfOpenAddress(config, !key.empty());
    auto impl = std::make_unique<Impl>(config, std::move(models), std::move(key));
    HttpServerOptions options = HttpServerOptions::From(config);
    options.budget = impl->budget;
    VETOR_ASSIGN_OR_RETURN(impl->http, HttpServer::Listen(options, &impl->handler));
    impl->listening = impl->http.get();
    return std::unique_ptr<EmbeddingsServer>(new EmbeddingsServer(std::move(impl)));
  });
}

Status EmbeddingsServer::Run(
    std::stop_token stop,
    const std::function<void(const std::vector<ServedModelInfo>&)>& on_ready) {
  return CatchExceptions([&]() -> Status {
    VETOR_RETURN_IF_ERROR(impl_->OpenModels(stop));
    if (!stop.stop_requested() && on_ready) on_ready(impl_->DescribeModels());
    std::binary_semaphore stopped(0);
    const std::stop_callback wake(stop, [&stopped] { stopped.release(); });
    stopped.acquire();
    impl_->handler.StartDraining();
    impl_->http->Drain(std::chrono::seconds(impl_->config.drain_timeout_s));
    return {};
  });
}

uint16_t EmbeddingsServer::port() const { return impl_->http->port(); }

std::string EmbeddingsServer::address() const { return impl_->http->address(); }

void EmbeddingsServer::ReloadCertificates(const std::function<void(const Status&)>& done) {
  impl_->http->ReloadCertificates(done);
}

}  // namespace vetor
