// Opens an engine from settings or from a model folder.
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

/// Opens the engine that `config` asks for, or hashing if that engine cannot start and
/// `config.fallback` allows it. Errors: as EmbeddingsService::Open.
Result<Engine> OpenEngine(const EmbeddingsConfig& config);

/// The model folder that the settings name: a path or the id of a pulled model. No network.
Result<ModelFolder> ReadNamedModel(const ModelConfig& config);

/// Starts the folder's model on the providers of these settings, returns what the runtime reports,
/// and closes it again. Errors: as OpenEngine without fallback.
Result<BackendTraits> TryGraph(const ModelFolder& model, const OnnxConfig& onnx);

/// A graph that an export has just written into the folder of `model`, on the CPU with all cores,
/// for texts that are token ids already. It has no tokenizer and no prompts, and gives whole
/// vectors of length 1.
struct WrittenGraph {
  std::filesystem::path path;
  std::string precision;
  bool dynamic_int8 = false;
  std::string library_path;
};
Result<Engine> OpenWrittenGraph(const WrittenGraph& graph, const ModelFolder& model);

/// Token vectors that do not come from a backend, such as those of the reference pass.
struct GivenTokenVectors {
  size_t width = 0;
  /// The token vectors of a row, [tokens, width].
  std::function<std::vector<float>(size_t row)> of_row;
};

/// Pools `given` with the folder's head: one whole vector of length 1 for each of `rows`, which are
/// token ids. Errors: those of Pooler.
Result<std::vector<std::vector<float>>> PoolUnit(const ModelFolder& model,
                                                 std::span<const std::vector<int64_t>> rows,
                                                 const GivenTokenVectors& given);

}  // namespace vetor
