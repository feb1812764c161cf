// What a user is told whose cache was filled by another runtime.
#pragma once

#include <span>
#include <string>

#include "cache/vector_space.h"
#include "engine/engine.h"
#include "vetor/embeddings_config.h"

namespace vetor {

/// A line that says that texts of `own`, a space of the native runtime, are computed anew although
/// `spaces` of the same folder hold the model's vectors by ONNX Runtime, and how to stay with those
/// if the model `has_graph`. Empty if `spaces` has `own` already, or none of ONNX Runtime.
std::string NewRuntimeNote(std::span<const StoredSpace> spaces, const VectorSpace& own,
                           bool has_graph);

/// Logs it where "auto" has chosen the native runtime, once: as soon as a vector is stored, the
/// folder has the space. `config` is located (located_cache.h).
void NoteNewRuntime(const EmbeddingsConfig& config, const Engine& engine);

}  // namespace vetor
