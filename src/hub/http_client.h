// HTTP through libcurl: one request gives one answer. It follows no redirect and repeats nothing;
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

struct HubRequest {
  std::string url;
  bool head = false;
  std::vector<std::string> headers = {};  ///< "name: value"
  /// The time to connect (unless `connect` is set), and the time over which `least_rate` is
  /// measured.
  std::chrono::seconds timeout{10};
  std::chrono::seconds connect{0};  ///< The time to connect; 0 means `timeout`.
  /// The fewest bytes of body per second. A server that sends less over `timeout` counts as gone,
  /// because one byte now and then would hold the caller for ever.
  int64_t least_rate = 1;
  /// The time for the whole answer, including the connection. 0: no limit.
  std::chrono::seconds total{0};
  std::stop_token stop = {};
  /// Takes the body of a 200 or 206 piece by piece; `answer` has status and headers. An error ends
  /// the request. If it is empty, the body is collected, up to 64 MiB. Bodies of other answers are
  /// dropped; after 1 MiB the client stops waiting for them.
  std::function<Status(const HubResponse& answer, std::string_view bytes)> on_body = {};
};

struct HttpOutcome {
  /// OK if `response` is whole. CANCELLED if the stop token ended the request. An error of
  /// `on_body` is returned as it is. UNAVAILABLE if the server could not be reached or was too
  /// slow, or if the connection broke. Messages show only the host of an address, because the rest
  /// may be a signature.
  Status status;
  /// Another try may succeed: the network said UNAVAILABLE and `total` was not used up.
  bool retry = false;
  HubResponse response;
  /// A time limit of the request passed, so another try may well take as long.
  bool timed_out = false;
};

/// Keeps connections open between requests. Used by one thread at a time.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpOutcome Send(const HubRequest& request);

 private:
  struct Handle;
  void Prepare(const HubRequest& request);
  std::unique_ptr<Handle> handle_;
};

}  // namespace vetor
