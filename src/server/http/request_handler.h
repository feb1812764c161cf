// The seam between connections (server/http) and routes (server/api).
#pragma once

#include <functional>
#include <optional>

#include "server/http/message.h"

namespace vetor {

/// Takes the answer to one request. Must be called once, from any thread; later calls are ignored.
/// An answer whose client has gone is dropped.
using HttpResponder = std::function<void(HttpResponse)>;

/// What answers requests. Thread-safe: connections on several threads call it.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// Asked when the head is there and before the body is read. An answer ends the request without
  /// reading its body (refused key, unknown route); null lets it go on. Must not block.
  virtual std::optional<HttpResponse> CheckHead(const HttpRequestHead& head) = 0;

  /// Must not block and must not throw: what takes long goes on elsewhere and calls `respond` then.
  virtual void Handle(HttpRequest request, HttpResponder respond) = 0;

  /// The answer to a request that broke a rule of HTTP, or came when the server is full or stops,
  /// in the shape of the family of routes that the path belongs to. `head` has what was read of it:
  /// its path may be empty and fields may be missing.
  /// `status` is 400, 408, 411, 413, 414, 415, 417, 431, 501, 503 or 505.
  virtual HttpResponse Refusal(int status, std::string_view reason,
                               const HttpRequestHead& head) = 0;
};

}  // namespace vetor
