#include "server/api/caller_rules.h"

#include <algorithm>
#include <utility>

#include "base/terminal_text.h"
#include "server/http/head_rules.h"

namespace vetor {
namespace {

constexpr std::string_view kAllowedFields =
    "authorization, content-type, accept, x-api-key, traceparent";
constexpr std::string_view kExposedFields =
    "x-compute-tokens, x-tokenization-time, x-queue-time, x-inference-time, x-total-time, "
    "x-vetor-shape, x-vetor-warning, x-vetor-truncated, retry-after, retry-after-ms";

// The origin of a page that this server gave: what stands behind "http://" or "https://" is the
// address that the browser knows the server by. A proxy may have taken TLS off.
bool IsOwnOrigin(std::string_view origin, const HttpRequestHead& head) {
  const std::string* host = head.Find("Host");
  if (host == nullptr) return false;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && EqualFieldNames(origin.substr(scheme.size()), *host)) {
      return true;
    }
  }
  return false;
}

// What stands before ';', without blanks behind it.
bool IsJsonType(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return EqualFieldNames(type, "application/json");
}

// The key of "Bearer KEY", or an empty view.
std::string_view BearerKey(std::string_view value) {
  constexpr std::string_view kScheme = "Bearer ";
  if (value.size() <= kScheme.size()) return {};
  if (!EqualFieldNames(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

}  // namespace

bool EqualKeys(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  // Kept from the optimiser, which could leave the loop at the first difference.
  const volatile unsigned char result = difference;
  return result == 0;
}

bool IsLoopbackHost(std::string_view host) {
  return EqualFieldNames(host, "localhost") || host == "::1" || host == "[::1]" ||
         host.starts_with("127.");
}

CallerRules::CallerRules(const ServerConfig& config, std::string api_key)
    : config_(config), api_key_(std::move(api_key)) {}

std::optional<ApiError> CallerRules::Check(const HttpRequestHead& head, const Route& route) const {
  if (std::optional<ApiError> error = CheckHost(head)) return error;
  if (std::optional<ApiError> error = CheckOrigin(head)) return error;
  if (head.method == "OPTIONS") return std::nullopt;  // A browser sends no key with a preflight.
  return CheckKey(head, route);
}

std::optional<ApiError> CallerRules::CheckHost(const HttpRequestHead& head) const {
  const bool loopback = !head.loopback_host.empty();
  if (head.local_socket || (!loopback && config_.allowed_hosts.empty())) return std::nullopt;
  const std::string* field = head.Find("Host");
  const std::string_view host = field == nullptr ? "" : WithoutPort(*field);
  // The name of ai.server.host is the machine's own word for the address.
  if (loopback && (EqualFieldNames(host, "localhost") || host == "127.0.0.1" || host == "[::1]" ||
                   host == head.loopback_host || EqualFieldNames(host, config_.host))) {
    return std::nullopt;
  }
  for (const std::string& allowed : config_.allowed_hosts) {
    if (EqualFieldNames(allowed, host) || (field != nullptr && EqualFieldNames(allowed, *field))) {
      return std::nullopt;
    }
  }
  return ApiError{.status = 403,
                  .message = "the header Host is " + (field == nullptr ? "missing" : Quoted(host)) +
                             ", which is not a name of this server; if it is one, add it to "
                             "ai.server.allowed_hosts"};
}

bool CallerRules::IsListed(std::string_view origin) const {
  return std::ranges::any_of(config_.cors, [origin](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

std::optional<ApiError> CallerRules::CheckOrigin(const HttpRequestHead& head) const {
  const std::string* origin = head.Find("Origin");
  if (origin == nullptr) return std::nullopt;
  if (!IsListed(*origin) && !IsOwnOrigin(*origin, head)) {
    return ApiError{.status = 403,
                    .message = "the page at " + Quoted(*origin) +
                               " may not call this server; if it may, add its origin to "
                               "ai.server.cors"};
  }
  // A form of another page can send other types without asking first.
  const std::string* type = head.Find("Content-Type");
  if (head.method == "POST" && (type == nullptr || !IsJsonType(*type))) {
    return ApiError{.status = 415,
                    .message = "Content-Type is " + (type == nullptr ? "missing" : Quoted(*type)) +
                               "; a request from a page needs application/json"};
  }
  return std::nullopt;
}

std::optional<ApiError> CallerRules::CheckKey(const HttpRequestHead& head,
                                              const Route& route) const {
  if (api_key_.empty() || route.access == RouteAccess::kOpen) return std::nullopt;
  if (route.access == RouteAccess::kKeyIfProtected && !config_.protect_metrics) return std::nullopt;
  const std::string* bearer = head.Find("Authorization");
  const std::string* plain = head.Find("x-api-key");
  if (bearer != nullptr && EqualKeys(BearerKey(*bearer), api_key_)) return std::nullopt;
  if (plain != nullptr && EqualKeys(*plain, api_key_)) return std::nullopt;
  const bool given = bearer != nullptr || plain != nullptr;
  return ApiError{.status = 401,
                  .message = given ? "the API key is not this server's; check the header "
                                     "Authorization (\"Bearer KEY\") or x-api-key"
                                   : "this server wants an API key: send the header Authorization "
                                     "(\"Bearer KEY\") or x-api-key",
                  .code = "invalid_api_key"};
}

void CallerRules::AddCorsFields(const HttpRequestHead& head, HttpResponse* response) const {
  const std::string* origin = head.Find("Origin");
  if (!config_.cors.empty()) response->fields.push_back({"Vary", "Origin"});
  if (origin == nullptr || !IsListed(*origin)) return;
  response->fields.push_back({"Access-Control-Allow-Origin", *origin});
  response->fields.push_back({"Access-Control-Expose-Headers", std::string(kExposedFields)});
}

HttpResponse CallerRules::Preflight(const HttpRequestHead& head, std::string_view allow) const {
  HttpResponse answer{.status = 204, .fields = {{"Allow", std::string(allow)}}};
  const std::string* origin = head.Find("Origin");
  if (origin != nullptr && IsListed(*origin)) {
    answer.fields.push_back({"Access-Control-Allow-Methods", std::string(allow)});
    // Clients add fields of their own (x-stainless-*), which an origin in the list may send.
    const std::string* asked = head.Find("Access-Control-Request-Headers");
    answer.fields.push_back(
        {"Access-Control-Allow-Headers", asked == nullptr ? std::string(kAllowedFields) : *asked});
    answer.fields.push_back({"Access-Control-Max-Age", "600"});
  }
  return answer;
}

}  // namespace vetor
