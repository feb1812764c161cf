// Opens an engine from settings or from a model folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "engine/engine.h"
#include "engine/model_runtime.h"
#include "engine/model_tokenizer.h"
#include "model/model_folder.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// Opens the engine that `config` asks for, or hashing if that engine cannot start and
/// `config.fallback` allows it. Errors: as EmbeddingsService::Open.
Result<Engine> OpenEngine(const EmbeddingsConfig& config);

/// The model folder that the settings name: a path or the id of a pulled model. No network.
Result<ModelFolder> ReadNamedModel(const ModelConfig& config);

/// Opens a model in steps. OpenEngine takes them one after the other. A report on a model (vetor
/// doctor) takes the same steps, tells what each found, and goes on after a step that failed; so it
/// opens the model once, and measures what it has looked at. For one thread.
class ModelOpening {
 public:
  /// Takes the first step: reads the folder that `config` names. Ignores `backend` and `fallback`.
  explicit ModelOpening(EmbeddingsConfig config);

  /// The folder, or why it cannot be read. All that follows REQUIRES that it was read.
  const Result<ModelFolder>& model() const { return model_; }

  /// Opens the tokenizer and checks that it fits the model. The answer lives as long as this.
  const CheckedTokenizer& OpenTokenizer();

  /// Whether vetor's own kernels are to run the model. The first call takes the checkpoint beside a
  /// graph that only ONNX Runtime could run, if there is no ONNX Runtime and the settings leave the
  /// choice: model() is another folder then, so this is asked before anything is opened.
  bool RunsNatively();
  /// Why they do not, or why the model cannot run; empty if they do.
  std::string WhyNotNative();

  /// Starts the model on `providers`, in place of those of the settings, and returns what the
  /// runtime reports. Closes what an earlier call started, unless it was kept. Comes after
  /// OpenTokenizer, which may have failed, or beside it if RunsNatively, which is asked before
  /// both. Errors: as OpenEngine without fallback.
  Result<BackendTraits> StartBackend(const std::vector<std::string>& providers);
  /// Keeps what StartBackend has started for the engine. REQUIRES: its last call gave no error.
  void KeepBackend();

  /// Compares the vectors of what was kept (AcceptRuntime), and returns what the runtime reports
  /// that runs the model from now on; WhyNotNative says why it is another one. REQUIRES: as Finish.
  /// Errors: those of AcceptRuntime.
  Result<BackendTraits> Accept();

  /// Makes the engine of the tokenizer and of the backend that was kept, logs the warnings about
  /// the model's use, and compares vectors (Accept, if it was not called, and the recorded ones).
  /// REQUIRES: both are there, and the tokenizer's status is OK. Call it once. Errors: as
  /// OpenEngine without fallback.
  Result<Engine> Finish();

  /// Takes all steps after the first, on the providers of the settings.
  Result<Engine> OpenRest();

  /// Whether every file still is as the first step found it. If not, the engine's fingerprint is
  /// not that of its vectors.
  bool FilesAsTheyWere() const;

 private:
  Result<RuntimeChoice>& Choose();
  void PreferCheckpoint();
  /// Without what the tokenizer decides.
  OnnxBackendOptions BackendOptions(const std::vector<std::string>& providers) const;
  OnnxBackendOptions OnnxOptions(const std::vector<std::string>& providers) const;

  const EmbeddingsConfig config_;
  Result<ModelFolder> model_;
  std::optional<Result<std::string>> fingerprint_;
  std::optional<Result<RuntimeChoice>> choice_;
  CheckedTokenizer tokenizer_;
  std::unique_ptr<Backend> started_;
  std::unique_ptr<Backend> kept_;
  std::optional<Probes> probes_;         ///< Read by Accept.
  std::optional<bool> compared_probes_;  ///< Set by Accept: whether it has compared probes_.
};

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
