// Who may call: the API key, the header Host (against DNS rebinding) and the header Origin (against
// other pages in the same browser).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/api/error_shape.h"
#include "server/api/route_table.h"
#include "server/http/message.h"
#include "vetor/server_config.h"

namespace vetor {

/// Equal, in a time that does not depend on where two keys of one length differ.
bool EqualKeys(std::string_view a, std::string_view b);

/// Whether an address is the machine's own: localhost, 127.0.0.0/8, ::1.
bool IsLoopbackHost(std::string_view host);

/// Immutable, so thread-safe.
class CallerRules {
 public:
  CallerRules(const ServerConfig& config, std::string api_key);

  /// The rules of Host, Origin and key for a request to `route`, in this order; nothing if it may
  /// go on. The socket that the request came through says whether Host is that of a loopback
  /// address, and not ai.server.host: a service manager may have handed over another socket. 403
  /// for Host and Origin, 415 for a POST with an Origin whose body is not declared as JSON, 401 for
  /// the key.
  std::optional<ApiError> Check(const HttpRequestHead& head, const Route& route) const;

  /// The fields that let a page of an allowed origin read an answer. None without an Origin.
  void AddCorsFields(const HttpRequestHead& head, HttpResponse* response) const;

  /// The answer to OPTIONS; `allow` is the list of the path's methods.
  HttpResponse Preflight(const HttpRequestHead& head, std::string_view allow) const;

  bool has_key() const { return !api_key_.empty(); }

 private:
  std::optional<ApiError> CheckHost(const HttpRequestHead& head) const;
  std::optional<ApiError> CheckOrigin(const HttpRequestHead& head) const;
  std::optional<ApiError> CheckKey(const HttpRequestHead& head, const Route& route) const;
  bool IsListed(std::string_view origin) const;

  const ServerConfig config_;
  const std::string api_key_;
};

}  // namespace vetor
