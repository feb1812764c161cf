// Which path leads to what: the one table of the server's routes. Dispatch, the keys that a route
// wants, the labels of the metrics and the tests of /openapi.json read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/api/error_shape.h"

namespace vetor {

enum class RouteId : uint8_t {
  kUnknown,
  kPage,
  kLive,
  kReady,
  kHealth,
  kMetrics,
  kOpenApi,
  kOpenAiEmbeddings,
  kOpenAiModels,
  kOpenAiModel,
  kTeiRoot,
  kTeiEmbed,
  kTeiSimilarity,
  kTeiTokenize,
  kTeiDecode,
  kTeiInfo,
  kCohereEmbed,
  kOllamaEmbed,
  kOllamaEmbeddings,
  kOllamaTags,
  kOllamaVersion,
  kOllamaShow,
  kNotBuilt,
};

/// Who may call a route without the key.
enum class RouteAccess : uint8_t { kKey, kOpen, kKeyIfProtected };

/// A path and a method.
struct Route {
  RouteId id = RouteId::kUnknown;
  std::string_view method;  ///< "GET" (HEAD goes with it) or "POST".
  /// "/v1/models/{id}". A path of the table without "/v1" is reached with it as well, and a path
  /// with it without. The label of the metrics.
  std::string_view path;
  Family family = Family::kPlain;
  RouteAccess access = RouteAccess::kKey;
  bool described = true;  ///< In /openapi.json.
};

/// All routes but kUnknown.
std::span<const Route> Routes();

/// What a request is for.
struct RouteMatch {
  /// The route; one with kUnknown, the family of the path and the label "unknown" if the path does
  /// not exist, or not with this method.
  Route route;
  std::string last_segment;  ///< What stands for "{id}", else empty.
  std::string allow;         ///< Methods of the path ("GET, HEAD, OPTIONS"); empty: no such path.
};

/// `path` is decoded and may end with '/'.
RouteMatch MatchRoute(std::string_view method, std::string_view path);

/// The family whose shape an answer for this path has, whether or not the path exists.
Family FamilyOfPath(std::string_view path);

}  // namespace vetor
