// A service over a model that is open already.
#pragma once

#include <memory>

#include "engine/engine.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Starts the service that EmbeddingsService::Open would give, over an engine that a report has
/// opened step by step (ModelOpening in engine/open_engine.h).
class OpenedService {
 public:
  /// `config` is the one that opened `engine`; its cache is located (located_cache.h) or off.
  /// Errors: RESOURCE_EXHAUSTED if the system gives no memory or no worker.
  static Result<std::unique_ptr<EmbeddingsService>> Start(const EmbeddingsConfig& config,
                                                          Engine engine);
};

}  // namespace vetor
