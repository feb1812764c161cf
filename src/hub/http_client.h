// HTTP through libcurl: one request, one answer. Follows no redirect and retries nothing;
// protocol.h knows what an answer means.
#pragma once

#include <chrono>
#include <cstdint>
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
  /// The time to connect, unless `connect` is set, and the time over which `least_rate` is
  /// measured.
  std::chrono::seconds timeout{10};
  std::chrono::seconds connect{0};  ///< 0: `timeout`.
  /// Bytes of the body per second. A server that sends less over `timeout` counts as gone: one byte
  /// now and then would hold the caller for ever.
  int64_t least_rate = 1;
  /// The time for the whole answer, connecting included; 0: as long as it takes.
  std::chrono::seconds total{0};
  std::stop_token stop = {};
  /// Takes the body of a 200 or 206 piece by piece; `answer` has status and headers. An error ends
  /// the request. Empty: the body is collected, up to 64 MiB. Bodies of other answers are dropped,
  /// and after 1 MiB no longer waited for.
  std::function<Status(const HttpResponse& answer, std::string_view bytes)> on_body = {};
};

struct HttpOutcome {
  /// OK: `response` is whole. CANCELLED by the stop token. An error of `on_body` is returned as it
  /// is. UNAVAILABLE: the server could not be reached, was too slow, or the connection broke.
  /// Messages name the host and nothing else of an address: the rest may be a signature.
  Status status;
  /// Another try may succeed: UNAVAILABLE from the network, unless `total` was used up.
  bool retry = false;
  HttpResponse response;
  /// A time limit of the request passed: another try may well take as long.
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
