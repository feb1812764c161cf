// HTTP through libcurl: one request, one answer. Follows nothing and retries nothing; what an
// answer means is protocol.h's business.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hub/protocol.h"
#include "vetor/status.h"

namespace vetor {

struct HttpRequest {
  std::string url;
  bool head = false;
  std::vector<std::string> headers = {};  ///< "name: value"
  /// To connect, unless `connect` is set, and the time over which `least_rate` is measured.
  std::chrono::seconds timeout{10};
  std::chrono::seconds connect{0};  ///< 0: `timeout`.
  /// Bytes of the body a second. A server that sends less over `timeout` counts as gone: one byte
  /// now and then would hold the caller for ever.
  long least_rate = 1;
  /// For the whole answer, connecting included; 0: as long as it takes.
  std::chrono::seconds total{0};
  std::stop_token stop = {};
  /// Takes the body of a 200 or 206 piece by piece; `answer` has status and headers. An error ends
  /// the request. Empty: the body is collected, up to 64 MiB. Other bodies are dropped, and after
  /// 1 MiB not waited for.
  std::function<Status(const HttpResponse& answer, std::string_view bytes)> on_body = {};
};

struct HttpOutcome {
  /// OK: `response` is whole. CANCELLED by the stop token. Of `on_body`, as it was returned.
  /// UNAVAILABLE: the server could not be reached, was too slow, or the connection broke. Messages
  /// name the host and nothing else of an address: what follows may be a signature.
  Status status;
  /// It may go better next time: UNAVAILABLE from the network, unless `total` was used up.
  bool retry = false;
  HttpResponse response;
  /// A time of the request passed: another try may well take as long.
  bool timed_out = false;
};

/// Keeps connections open between requests. For one thread at a time.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpOutcome Send(const HttpRequest& request);

 private:
  struct Handle;
  void Prepare(const HttpRequest& request);
  std::unique_ptr<Handle> handle_;
};

}  // namespace vetor
