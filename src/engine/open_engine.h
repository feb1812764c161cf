// Opening: settings, or a model folder, become an engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "engine/engine.h"
#include "model/model_folder.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// What `config` asks for, or hashing where that cannot start and `config.fallback` allows it.
/// Errors: as EmbeddingsService::Open.
Result<Engine> OpenEngine(const EmbeddingsConfig& config);

/// The model folder that the settings name: a path or the id of a pulled model. No network.
Result<ModelFolder> ReadNamedModel(const ModelConfig& config, bool with_fingerprint = true);

/// Why ONNX Runtime runs the folder's model; empty: vetor's own kernels do.
std::string WhyOnnxRuntime(const EmbeddingsConfig& config, const ModelFolder& model);

/// Starts the folder's graph on the providers of these settings, and lets go of it: what the
/// runtime says of it. Errors: as OpenEngine without fallback.
Result<BackendTraits> TryGraph(const ModelFolder& model, const OnnxConfig& onnx);

/// A graph that an export has just written into the folder of `model`, on the CPU with all cores,
/// for ids that are there already: no tokenizer, no prompts, whole vectors of length 1.
struct WrittenGraph {
  std::filesystem::path path;
  std::string precision;
  bool dynamic_int8 = false;
  std::string library_path;
};
Result<Engine> OpenWrittenGraph(const WrittenGraph& graph, const ModelFolder& model);

/// Token vectors that no backend gave, e.g. those of the reference pass.
struct GivenTokenVectors {
  size_t width = 0;
  /// Those of row i, [tokens, width].
  std::function<std::vector<float>(size_t row)> of_row;
};

/// What the folder's head makes of them: a whole vector of length 1 for each of `rows`, the ids.
/// Errors: those of Pooler.
Result<std::vector<std::vector<float>>> PoolUnit(const ModelFolder& model,
                                                 std::span<const std::vector<int64_t>> rows,
                                                 const GivenTokenVectors& given);

}  // namespace vetor
