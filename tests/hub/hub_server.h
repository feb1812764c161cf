// A model hub on this machine, for tests. It answers every request as the test says and keeps the
// requests. It speaks HTTP/1.1 over plain sockets, one request per connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vetor {

struct ServerRequest {
  std::string method;
  std::string path;                            ///< With the query.
  std::map<std::string, std::string> headers;  ///< Names in lower case.

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct ServerAnswer {
  int status = 200;
  std::vector<std::string> headers = {};  ///< "Name: value"; Content-Length is added unless here.
  std::string body = {};
  size_t send = SIZE_MAX;  ///< How many bytes of the body are sent before the connection is closed.
  /// Sent after the body again and again until the client leaves; no Content-Length is added then.
  std::string endless = {};
  /// How long the server waits for the client to leave before it sends `endless` once more.
  int pace_ms = 0;
  /// If it is set, not a byte is sent, and the connection stays until the client leaves.
  bool silent = false;
  /// Called when `send` bytes are sent, before the connection is closed.
  std::function<void()> then = {};
};

class HubServer {
 public:
  using Handler = std::function<ServerAnswer(const ServerRequest&)>;
  /// Listens on a free port of 127.0.0.1. `handler` runs on the server's threads, many at the same
  /// time.
  explicit HubServer(Handler handler);
  ~HubServer();
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  int port() const { return port_; }
  std::string Url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_);
  }
  std::vector<ServerRequest> Requests() const;
  size_t Count(const std::string& method, const std::string& path_part) const;

 private:
  void Accept();
  void Serve(int connection);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> done_{false};
  mutable std::mutex mutex_;
  std::vector<ServerRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// A port whose queue of connections is full, so that one more gets no answer.
class DeafPort {
 public:
  DeafPort();
  ~DeafPort();
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::vector<int> sockets_;
};

/// A port on which nobody listens.
int ClosedPort();

/// One repository as the hub serves it: listing, HEAD, and GET with ranges. Small files get ETags
/// like Git's; those in `large` are kept by SHA-256.
struct Repository {
  std::string id = "org/tiny";
  std::string commit = "0123456789abcdef0123456789abcdef01234567";
  std::map<std::string, std::string> files = {};
  std::vector<std::string> large = {};

  std::string ETag(const std::string& file) const;
  bool IsLarge(const std::string& file) const;
  std::string Listing() const;
  /// The plain answer of a well-behaved hub.
  ServerAnswer Answer(const ServerRequest& request) const;
  /// The name of the file that the request asks for; empty if it asks for none.
  std::string FileOf(const ServerRequest& request) const;
};

/// A repository with an ONNX graph (in `large`), configuration and tokenizer, and files that must
/// not be pulled.
Repository TinyRepository();

}  // namespace vetor
