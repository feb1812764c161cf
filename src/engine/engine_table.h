// The values of ai.backend, and the backend that each opens. A further value needs a folder in
// src/backend, its name in include/vetor/choices.h and a row here; settings, messages and doctor
// follow.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "backend/backend.h"
#include "vetor/choices.h"

namespace vetor {

struct EngineRow {
  BackendKind kind;
  /// Makes a backend that gives text vectors of `dim` components without a model, of length 1 if
  /// `normalize`. Null if this backend runs a model.
  std::unique_ptr<Backend> (*without_model)(size_t dim, bool normalize);
};

/// The row of hashing for nullopt ("not set").
const EngineRow& EngineRowOf(std::optional<BackendKind> kind);

/// Whether this value of ai.backend runs a model.
inline bool NeedsModel(std::optional<BackendKind> kind) {
  return EngineRowOf(kind).without_model == nullptr;
}

}  // namespace vetor
