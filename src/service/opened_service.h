// A service over a model that is open already.
#pragma once

#include <memory>

#include "engine/engine.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// For who has looked at each step of opening (ModelOpening of engine/open_engine.h) and now wants
/// the service that EmbeddingsService::Open would have given, without opening the model again.
class OpenedService {
 public:
  /// `config` is the one that `engine` was opened with; its cache is located (located_cache.h) or
  /// off. Errors: RESOURCE_EXHAUSTED if the system gives no memory or no worker.
  static Result<std::unique_ptr<EmbeddingsService>> Start(const EmbeddingsConfig& config,
                                                          Engine engine);
};

}  // namespace vetor
