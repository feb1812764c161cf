// Settings of the embeddings server (`vetor serve`), apart from those of the models that it serves
// (embeddings_config.h).
//
//   vetor::ServerConfig server;
//   server.port = 9000;
//   server.api_key_file = "/etc/vetor/key";
//   server.allowed_hosts = {"vetor.example"};
//
// In config.json they lie under `ai.server.`; flags drop that prefix (`--port`), and the
// environment has `VETOR_AI_SERVER_PORT`. The table in settings.h lists them (ServerSettingsTable).
#pragma once

#include <string>
#include <vector>

#include "vetor/choices.h"

namespace vetor {

/// Plain values, the caller's own.
struct ServerConfig {
  /// Address to listen on. Others than loopback addresses should have a key and TLS.
  std::string host = "127.0.0.1";
  /// 0 lets the system choose a free port.
  int port = 8080;
  /// Path of a Unix socket to listen on instead of host and port; empty: none.
  std::string socket;

  /// File that holds the API key in its first line; empty: the environment variable
  /// VETOR_API_KEY (an empty one is an error), and without that no key is asked for.
  std::string api_key_file;
  /// Whether /metrics and /openapi.json want the key as well, if there is one.
  bool protect_metrics = false;

  /// A request older than this leaves the queue and is answered with 504 (or its family's code).
  int request_timeout_ms = 60'000;
  /// From the first byte of a request, or from accepting the connection, to the end of its head.
  int header_timeout_ms = 10'000;
  /// From the end of the head to the end of the body.
  int body_timeout_ms = 60'000;
  /// Largest body of a request, in MiB.
  int max_body_mb = 32;
  /// Bodies and answers that all requests under way may hold together, in MiB: at least
  /// kLeastHeldBodies times max_body_mb. From 90 % of it on, only what has at most 64 KiB is taken.
  /// 0: 1024, or the least if that is more.
  int max_held_mb = 0;
  /// A request of max_body_mb finds room: its body, what it is read into, and its answer.
  static constexpr int kLeastHeldBodies = 4;
  /// Open connections at once; idle ones are dropped first. 0: as many as the descriptor limit
  /// allows, at most 10,000.
  int max_connections = 0;
  /// Tokens of requests that wait or run at once; more are refused with 429, and so is what would
  /// not end within request_timeout_ms. One request counts as at most nine tenths of the bound.
  int queue_tokens = 262'144;
  /// What becomes of token ids in `input` of /v1/embeddings. kModel takes ids that the model's own
  /// tokenizer gives for a text, special tokens included, and computes that text's vector. Others
  /// are refused with 400 either way.
  TokenIdInput token_ids = TokenIdInput::kRefuse;
  /// How long a server that is told to stop waits for requests under way. Those that are left are
  /// answered 503 then.
  int drain_timeout_s = 30;

  /// Names that the header Host may hold, beside localhost, 127.0.0.1 and [::1] on a loopback
  /// address. On other addresses Host is checked only if the list is not empty.
  std::vector<std::string> allowed_hosts;
  /// Origins ("https://app.example") whose pages may call the server from a browser.
  std::vector<std::string> cors;

  /// Certificate chain and private key (PEM); both or neither. Read again on SIGHUP.
  std::string tls_cert;
  std::string tls_key;
};

}  // namespace vetor
