#include "server/api/route_table.h"

#include <array>

namespace vetor {
namespace {

using enum RouteAccess;

constexpr std::array kRoutes{
    Route{RouteId::kPage, "GET", "/", Family::kPlain, kOpen},
    Route{RouteId::kPage, "GET", "/page/{id}", Family::kPlain, kOpen, false},
    Route{RouteId::kLive, "GET", "/live", Family::kPlain, kOpen},
    Route{RouteId::kReady, "GET", "/ready", Family::kPlain, kOpen},
    Route{RouteId::kHealth, "GET", "/health", Family::kPlain, kOpen},
    Route{RouteId::kMetrics, "GET", "/metrics", Family::kPlain, kKeyIfProtected},
    Route{RouteId::kOpenApi, "GET", "/openapi.json", Family::kPlain, kKeyIfProtected},
    Route{RouteId::kOpenAiEmbeddings, "POST", "/v1/embeddings", Family::kOpenAi},
    Route{RouteId::kOpenAiModels, "GET", "/v1/models", Family::kOpenAi},
    Route{RouteId::kOpenAiModel, "GET", "/v1/models/{id}", Family::kOpenAi},
    Route{RouteId::kTeiRoot, "POST", "/", Family::kTei},
    Route{RouteId::kTeiEmbed, "POST", "/embed", Family::kTei},
    Route{RouteId::kTeiSimilarity, "POST", "/similarity", Family::kTei},
    Route{RouteId::kTeiTokenize, "POST", "/tokenize", Family::kTei},
    Route{RouteId::kTeiDecode, "POST", "/decode", Family::kTei},
    Route{RouteId::kTeiInfo, "GET", "/info", Family::kTei},
    Route{RouteId::kCohereEmbed, "POST", "/v2/embed", Family::kCohere},
    Route{RouteId::kOllamaEmbed, "POST", "/api/embed", Family::kOllama},
    Route{RouteId::kOllamaEmbeddings, "POST", "/api/embeddings", Family::kOllama},
    Route{RouteId::kOllamaTags, "GET", "/api/tags", Family::kOllama},
    Route{RouteId::kOllamaVersion, "GET", "/api/version", Family::kOllama},
    Route{RouteId::kOllamaShow, "POST", "/api/show", Family::kOllama},
    Route{RouteId::kNotBuilt, "POST", "/rerank", Family::kTei, kKey, false},
    Route{RouteId::kNotBuilt, "POST", "/v2/rerank", Family::kCohere, kKey, false},
    Route{RouteId::kNotBuilt, "POST", "/embed_sparse", Family::kTei, kKey, false},
    Route{RouteId::kNotBuilt, "POST", "/embed_all", Family::kTei, kKey, false},
    Route{RouteId::kNotBuilt, "POST", "/predict", Family::kTei, kKey, false},
};

constexpr std::string_view kIdPart = "/{id}";

std::string_view WithoutTrailingSlash(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string_view WithoutVersion(std::string_view path) {
  constexpr std::string_view kVersion = "/v1";
  return path.starts_with("/v1/") ? path.substr(kVersion.size()) : path;
}

// Whether `path` is `pattern`, whose last part may be "{id}". Ids of models may hold '/'.
bool Matches(std::string_view pattern, std::string_view path, std::string* id) {
  if (!pattern.ends_with(kIdPart)) return pattern == path;
  const std::string_view start = pattern.substr(0, pattern.size() - kIdPart.size() + 1);
  if (!path.starts_with(start) || path.size() == start.size()) return false;
  *id = path.substr(start.size());
  return true;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

RouteMatch MatchRoute(std::string_view method, std::string_view path) {
  const std::string_view bare = WithoutVersion(WithoutTrailingSlash(path));
  RouteMatch match;
  for (const Route& route : kRoutes) {
    if (!Matches(WithoutVersion(route.path), bare, &match.last_segment)) continue;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) {
      match.route = route;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (!match.allow.empty()) match.allow += ", OPTIONS";
  if (match.route.id == RouteId::kUnknown) {
    match.route = {.path = "unknown", .family = FamilyOfPath(path)};
  }
  return match;
}

Family FamilyOfPath(std::string_view path) {
  const std::string_view trimmed = WithoutTrailingSlash(path);
  const std::string_view bare = WithoutVersion(trimmed);
  std::string id;
  for (const Route& route : kRoutes) {
    if (route.path != "/" && Matches(WithoutVersion(route.path), bare, &id)) return route.family;
  }
  if (trimmed == "/") return Family::kTei;
  if (trimmed == "/v1" || trimmed.starts_with("/v1/")) return Family::kOpenAi;
  if (trimmed == "/v2" || trimmed.starts_with("/v2/")) return Family::kCohere;
  if (trimmed == "/api" || trimmed.starts_with("/api/")) return Family::kOllama;
  return Family::kPlain;
}

}  // namespace vetor
