// The settings of the server, a table beside that of the models' settings (settings_table.cc).
#include <string_view>

#include "config/setting_member.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using S = ServerConfig;

// As in settings_table.cc, bounds are far above useful values.
constexpr double kMaxPort = 65535;
constexpr double kMaxMilliseconds = 86'400'000;  // A day.
constexpr double kMaxBodyMegabytes = 1024;
constexpr double kMaxHeldMegabytes = 1 << 20;
constexpr double kMaxConnections = 10'000;
constexpr double kMaxQueueTokens = 1 << 30;
constexpr double kMaxDrainSeconds = 86'400;

constexpr TableRow<S> kServerRows[] = {
    {"ai.server.host", At<S, &S::host>(),
     "Address to listen on; \"0.0.0.0\" and \"::\" stand for all addresses of the machine and "
     "should go with a key and TLS."},
    {"ai.server.port", At<S, &S::port>(), "Port to listen on; 0 lets the system choose a free one.",
     0, kMaxPort},
    {"ai.server.socket", At<S, &S::socket>(),
     "Path of a Unix socket to listen on instead of host and port, for a proxy on the same "
     "machine."},
    {"ai.server.api_key_file", At<S, &S::api_key_file>(),
     "File whose first line is the key that requests must send; empty takes the environment's "
     "VETOR_API_KEY, and without either no key is asked for."},
    {"ai.server.protect_metrics", At<S, &S::protect_metrics>(),
     "Whether /metrics and /openapi.json want the key as well, if there is one."},
    {"ai.server.request_timeout_ms", At<S, &S::request_timeout_ms>(),
     "Age in milliseconds at which a request leaves the queue and is answered with 504.", 1,
     kMaxMilliseconds},
    {"ai.server.header_timeout_ms", At<S, &S::header_timeout_ms>(),
     "Milliseconds that a client has to send the head of a request.", 1, kMaxMilliseconds},
    {"ai.server.body_timeout_ms", At<S, &S::body_timeout_ms>(),
     "Milliseconds that a client has to send the body of a request.", 1, kMaxMilliseconds},
    {"ai.server.max_body_mb", At<S, &S::max_body_mb>(),
     "Largest body of a request in MiB; a larger one is refused with 413.", 1, kMaxBodyMegabytes},
    {"ai.server.max_held_mb", At<S, &S::max_held_mb>(),
     "Most MiB that the bodies and answers of all requests under way hold together, at least four "
     "times max_body_mb; a request beyond them is refused with 429 or 503. 0 takes 1024, or four "
     "times max_body_mb if that is more.",
     0, kMaxHeldMegabytes},
    {"ai.server.max_connections", At<S, &S::max_connections>(),
     "Most connections that are open at once, and idle ones make room for new ones; 0 takes as "
     "many "
     "as the limit on open files allows, at most 10000.",
     0, kMaxConnections},
    {"ai.server.queue_tokens", At<S, &S::queue_tokens>(),
     "Most tokens of requests that wait or run at once; a request beyond them, or one that would "
     "not end within request_timeout_ms, is refused with 429, unless no other one waits or runs.",
     1, kMaxQueueTokens},
    {"ai.server.token_ids", At<S, &S::token_ids>(),
     "What becomes of token ids in \"input\" of /v1/embeddings: \"refuse\" answers 400, and "
     "\"model\" takes those that the model's own tokenizer gives for a text, special tokens "
     "included."},
    {"ai.server.drain_timeout_s", At<S, &S::drain_timeout_s>(),
     "Seconds that a server which is told to stop waits for requests under way; those that are "
     "left are answered 503 then.",
     0, kMaxDrainSeconds},
    {"ai.server.allowed_hosts", At<S, &S::allowed_hosts>(),
     "Names that the header Host may hold, beside localhost, 127.0.0.1 and [::1] on a loopback "
     "address; on other addresses Host is checked only if the list is not empty."},
    {"ai.server.cors", At<S, &S::cors>(),
     "Origins, as \"https://app.example\" without a slash at the end, whose pages may call the "
     "server from a browser; \"*\" lets every page do so."},
    {"ai.server.tls_cert", At<S, &S::tls_cert>(),
     "Certificate chain (PEM) for HTTPS, read again on SIGHUP; needs tls_key."},
    {"ai.server.tls_key", At<S, &S::tls_key>(),
     "Private key (PEM) of tls_cert, read again on SIGHUP."},
};

}  // namespace

std::span<const ServerSetting> ServerSettingsTable() {
  static const std::vector<ServerSetting> kTable =
      MakeSettings<ServerSetting>(std::span<const TableRow<S>>(kServerRows));
  return kTable;
}

const ServerSetting* FindServerSetting(std::string_view key) {
  for (const ServerSetting& setting : ServerSettingsTable()) {
    if (key == setting.key) return &setting;
  }
  return nullptr;
}

}  // namespace vetor
