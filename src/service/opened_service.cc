#include "service/opened_service.h"

#include <utility>

#include "base/exceptions.h"

namespace vetor {

Result<std::unique_ptr<EmbeddingsService>> OpenedService::Start(const EmbeddingsConfig& config,
                                                                Engine engine) {
  return CatchExceptions([&] { return EmbeddingsService::Start(config, std::move(engine)); });
}

}  // namespace vetor
