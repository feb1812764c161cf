// EmbeddingsServer: the routes of OpenAI, text-embeddings-inference, Cohere and Ollama over HTTP.
//
//   const vetor::ServerConfig address;  // 127.0.0.1:8080
//   const auto model = vetor::EmbeddingsConfig::ForModel("models/all-MiniLM-L6-v2");
//   auto server = vetor::EmbeddingsServer::Bind(address, {{"minilm", model}});
//   if (!server.ok()) return Fail(server.status());
//   std::stop_source stop;  // Another thread, as one that waits for signals, calls request_stop().
//   vetor::Status status = (*server)->Run(stop.get_token());  // Then it drains.
//
// The library vetor::server holds it; vetor::vetor does not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/server_config.h"
#include "vetor/service_info.h"
#include "vetor/status.h"

namespace vetor {

/// A model under the name that requests call it by; the first one answers requests without a name.
struct ServedModel {
  std::string name;  ///< Empty: the model's own id.
  EmbeddingsConfig config;
};

/// A model that is open.
struct ServedModelInfo {
  std::string name;  ///< That requests call it by.
  ServiceInfo info;
};

/// How a server with these settings would be protected.
struct ServerSafety {
  bool others_reach_it = false;  ///< The address is not one of this machine alone.
  bool has_key = false;          ///< Requests must show an API key.
  std::string certificate;       ///< The name that the certificate is for; empty: no TLS.
  std::string valid_until;       ///< The certificate, "2027-01-31 12:00 UTC".
  int days_left = 0;             ///< Whole days until then; below 0 after that moment.
};

/// Checks the settings and reads the API key, the certificate and its private key as Bind does, but
/// listens on nothing: `vetor doctor` shows it. Errors: those of Bind for these files.
Result<ServerSafety> ReadServerSafety(const ServerConfig& config);

/// Owns its sockets, threads and services. Thread-safe.
class EmbeddingsServer {
 public:
  /// Checks settings and folders, then listens. Requests are answered with 503 until Run has opened
  /// the models. Errors: INVALID_ARGUMENT for a setting, NOT_FOUND or PERMISSION_DENIED for a
  /// model's folder, a key or a certificate, UNAVAILABLE for an address that is taken.
  static Result<std::unique_ptr<EmbeddingsServer>> Bind(const ServerConfig& config,
                                                        std::vector<ServedModel> models);
  ~EmbeddingsServer();
  EmbeddingsServer(const EmbeddingsServer&) = delete;
  EmbeddingsServer& operator=(const EmbeddingsServer&) = delete;

  /// Opens the models, serves until `stop` is requested, then is not ready, answers what is under
  /// way within drain_timeout_s, and returns OK. `on_ready` is called once, on this thread, when
  /// every model is open; it must not throw. Call Run once. Errors: those of
  /// EmbeddingsService::Open, INVALID_ARGUMENT for two models of one name.
  Status Run(std::stop_token stop,
             const std::function<void(const std::vector<ServedModelInfo>&)>& on_ready = {});

  /// The port that it listens on; 0 with a Unix socket.
  uint16_t port() const;
  /// "http://127.0.0.1:8080", "unix:/run/vetor.sock"
  std::string address() const;

  /// Reads certificate and key again, for new connections, and returns at once: a file system may
  /// hang. `done` hears of the outcome, on another thread or on this one, perhaps after the
  /// server's end, so that it owns what it uses. After an error the old ones stay. UNAVAILABLE
  /// while an earlier call still reads.
  void ReloadCertificates(const std::function<void(const Status&)>& done);

 private:
  struct Impl;
  explicit EmbeddingsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vetor
