// HTTP/1.1 over TCP, TLS or a Unix socket: everything between the network and a RequestHandler.
//
//   HttpServerOptions options;
//   auto server = HttpServer::Listen(options, &handler);   // It serves from here on.
//   if (!server.ok()) return server.status();
//   ...
//   (*server)->Drain(std::chrono::seconds(30));
//
// A request is read under deadlines and bounds, checked by head_rules.h, and answered in order. One
// thread serves all connections; no thread is held per connection or request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/http/byte_budget.h"
#include "server/http/request_handler.h"
#include "vetor/server_config.h"
#include "vetor/status.h"

namespace vetor {

/// The time that deadlines are measured against. Thread-safe.
class HttpClock {
 public:
  virtual ~HttpClock() = default;
  virtual std::chrono::steady_clock::time_point Now() const = 0;
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;     ///< 0 lets the system choose.
  std::string socket;  ///< Path of a Unix socket to listen on instead of host and port.
  std::string tls_cert;
  std::string tls_key;

  /// Threads that serve connections. With several, the bound on connections holds for all of them
  /// together, and each drops idle ones of its own.
  int threads = 1;
  /// 0: as many as the descriptor limit allows, at most 10,000.
  int max_connections = 0;

  uint64_t max_body_bytes = 32ULL << 20;
  /// What all requests may hold together; one whose body does not fit is answered 503. Null: a
  /// budget of 1 GiB of the server's own.
  std::shared_ptr<ByteBudget> budget = {};

  /// From accepting, or from the first byte of a request, to the end of the head (408).
  std::chrono::milliseconds header_timeout{10'000};
  /// From the end of the head to the end of the body (408).
  std::chrono::milliseconds body_timeout{60'000};
  /// For each 256 KiB of an answer that the client takes. All of it may take this long and a second
  /// more for each 64 KiB.
  std::chrono::milliseconds write_timeout{30'000};
  /// Between two requests. Long, because a client that keeps a connection sees no difference
  /// between one that was closed and one that broke.
  std::chrono::milliseconds idle_timeout{600'000};
  /// How long bytes of a client are read and dropped after the last answer, so that it sees it.
  std::chrono::milliseconds linger_timeout{5'000};

  /// Null: the system's, and deadlines are checked five times per second. With a clock of its own a
  /// program calls HttpServer::CheckDeadlines. Must outlive the server.
  const HttpClock* clock = nullptr;

  static HttpServerOptions From(const ServerConfig& config);
};

/// What has happened since the start.
struct HttpServerCounters {
  uint64_t open_connections = 0;  ///< Now.
  uint64_t accepted = 0;
  uint64_t refused = 0;        ///< Connections answered 503 or closed because the server was full.
  uint64_t dropped_idle = 0;   ///< Idle connections closed to make room.
  uint64_t accept_pauses = 0;  ///< Times that the system gave no descriptor for a connection.
  uint64_t requests = 0;       ///< Given to the handler, bodies included.
  uint64_t refused_requests = 0;  ///< Answered by RequestHandler::Refusal.
  uint64_t disconnects = 0;       ///< Clients that left while their request was being handled.
  uint64_t timeouts = 0;          ///< Deadlines of connections that passed.
  uint64_t failures = 0;          ///< Exceptions that ended a request, such as refused memory.
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
};

/// Owns its sockets and threads. Thread-safe.
class HttpServer {
 public:
  /// Listens and serves. Sockets that a service manager handed over (LISTEN_FDS) are taken instead
  /// of those of `options`. Raises the process's limit of descriptors. `handler` must outlive the
  /// server. Errors: those of ListeningSocket; INVALID_ARGUMENT, NOT_FOUND or PERMISSION_DENIED
  /// for certificate and key; RESOURCE_EXHAUSTED without a thread.
  static Result<std::unique_ptr<HttpServer>> Listen(const HttpServerOptions& options,
                                                    RequestHandler* handler);
  ~HttpServer();  ///< Closes what is open; Drain ends it gently.
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;  ///< 0 for a Unix socket.
  /// "http://127.0.0.1:8080", "https://[::1]:8080", "unix:/run/vetor.sock"
  const std::string& address() const;
  HttpServerCounters counters() const;
  /// The bound on connections: that of the options, or what the limit on descriptors allows.
  size_t max_connections() const;

  /// Reads certificate and key again, for connections from then on, on a thread of its own, because
  /// a file system may hang; `done` hears of the outcome, there or here. After an error the old
  /// ones stay. OK without TLS; UNAVAILABLE while an earlier call reads. `done` may be called after
  /// the server's end, so it owns what it uses.
  void ReloadCertificates(const std::function<void(const Status&)>& done);

  /// Takes no more connections, answers requests under way with `Connection: close`, and returns
  /// when all connections are closed. Idle ones stay for half a second at most, so that a request
  /// that is on its way is still answered. After `timeout` requests are told to stop, a second
  /// later all is closed.
  void Drain(std::chrono::milliseconds timeout);

  /// Drain in two steps. A later call may shorten the time.
  void BeginDrain(std::chrono::milliseconds timeout);
  void AwaitEnd();

  /// Looks at all deadlines now, and returns when that is done. For programs with a clock of their
  /// own.
  void CheckDeadlines();

 private:
  /// Requests are told to stop after `timeout`, and have `grace` from then on to be answered.
  void BeginEnd(std::chrono::milliseconds timeout, std::chrono::milliseconds grace);
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vetor
