// Opening: settings, or a model folder, become an engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "engine/engine.h"
#include "engine/model_tokenizer.h"
#include "model/model_folder.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// What `config` asks for, or hashing where that cannot start and `config.fallback` allows it.
/// Errors: as EmbeddingsService::Open.
Result<Engine> OpenEngine(const EmbeddingsConfig& config);

/// The model folder that the settings name: a path or the id of a pulled model. No network.
Result<ModelFolder> ReadNamedModel(const ModelConfig& config);

/// A model on its way to an engine. OpenEngine takes the steps one after the other; a report on a
/// model (vetor doctor) takes the same ones, looks at what each found, and goes on after one that
/// failed. So it tells of each step as it is made, and what it measures in the end is what it told
/// of: the model is opened once. For one thread.
class ModelOpening {
 public:
  /// The first step: reads the folder that `config` names. `backend` and `fallback` of the settings
  /// have no effect here.
  explicit ModelOpening(EmbeddingsConfig config);

  /// What the first step found. The other steps REQUIRE that it is no error.
  const Result<ModelFolder>& model() const { return model_; }

  /// Opens the tokenizer and looks at how it fits the model; the answer lives as long as this.
  const CheckedTokenizer& OpenTokenizer();

  /// Starts what computes, on `providers` in place of those of the settings; after OpenTokenizer,
  /// whose tokenizer it need not have given. What an earlier call started is let go of, unless it
  /// was kept. Errors: as OpenEngine without fallback.
  Result<BackendTraits> StartBackend(const std::vector<std::string>& providers);
  /// What StartBackend has started is the engine's. REQUIRES: its last call gave no error.
  void KeepBackend();

  /// Puts the parts together, says in the log what there is to say of the model's use, and compares
  /// recorded vectors. REQUIRES: a tokenizer whose status is OK, and a backend that was kept; it
  /// takes both. Errors: as OpenEngine without fallback.
  Result<Engine> Finish();

  /// The other steps at once, on the providers of the settings.
  Result<Engine> OpenRest();

  /// Whether all that was read until now is what the first step read: somebody may replace files
  /// meanwhile, and then the engine's fingerprint is not that of its vectors.
  bool FilesAsTheyWere() const;

 private:
  const EmbeddingsConfig config_;
  const Result<ModelFolder> model_;
  CheckedTokenizer tokenizer_;
  std::unique_ptr<Backend> started_;
  std::unique_ptr<Backend> kept_;
};

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
