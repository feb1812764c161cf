// Every setting of an EmbeddingsService, with its default, its unit and when to change it.
//
//   auto config = vetor::EmbeddingsConfig::ForModel("models/all-MiniLM-L6-v2");
//   config.model.on_long = vetor::OnLong::kWindow;
//
// Section `ai` of config.json, environment variables, command flags and Python keywords set the
// same values; docs/settings.md lists all their names. Plain values: copy freely, no thread rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vetor/choices.h"

namespace vetor {

/// The model: its files, and how its texts become vectors. Used if EmbeddingsConfig::backend is
/// kOnnx. In config.json, flags, environment and Python these settings keep their names of section
/// `ai.onnx` (`path` is `ai.onnx.model_path`).
struct ModelConfig {
  /// The `.onnx` file, a model folder that holds `model.onnx` or `onnx/model.onnx`, a checkpoint
  /// (a folder with config.json, model.safetensors or pytorch_model.bin, and a tokenizer), or the
  /// id ("org/name", or a name alone) of one in the hub cache (`vetor pull`). If backend is unset
  /// the model does not run, and Open logs a warning; with kHashing it does not run either.
  std::string path;

  /// tokenizer.json, vocab.txt or a SentencePiece model, if it does not lie in the model's folder.
  std::string tokenizer_path;

  /// What runs it. kNative is an error for a model that it cannot run, kOnnxRuntime for a folder
  /// without a graph.
  Runtime runtime = Runtime::kAuto;

  /// Asking for one that the model cannot give is an error, never a silent substitute.
  Precision precision = Precision::kAuto;

  /// How token vectors become one vector; several modes are joined. Empty: as the model folder
  /// says.
  std::vector<PoolingMode> pooling;

  /// The graph's output that is the embedding, e.g. "dense_vecs", "pooler_output", "text_embeds" or
  /// "logits": [rows, width] is taken as finished vectors, [rows, length, width] is pooled. Empty:
  /// sentence_embedding, else last_hidden_state or token_embeddings. One that the graph does not
  /// have is an error that lists what it has.
  std::string output_name;

  /// Longest text in tokens, special tokens included; longer ones are truncated and counted.
  /// 0: as the model folder says. More than the model's positions is an error, and so is no more
  /// than the special tokens, which leave nothing of a text.
  int max_length = 0;

  /// What becomes of a text longer than max_length.
  OnLong on_long = OnLong::kTruncate;

  /// Name of a prompt of the model folder (config_sentence_transformers.json), put before every
  /// text. Empty: the folder's default prompt, if it has one.
  std::string prompt_name;
};

/// How ONNX Runtime runs the model.
struct OnnxConfig {
  /// The switch of config.json, `ai.onnx.enabled`: false refuses backend kOnnx, so that a file can
  /// switch the model off and keep its other settings. ForModel switches it on.
  bool enabled = false;

  /// Execution providers in order of preference; short or long names, any case: "cpu",
  /// "CUDAExecutionProvider", "coreml", "dml". The first that starts is used and reported.
  std::vector<std::string> providers = {"CPUExecutionProvider"};

  /// libonnxruntime. Empty: environment VETOR_ONNXRUNTIME, beside the binary, the `onnxruntime`
  /// Python package, the system's library path.
  std::string library_path;

  /// Threads inside one model run. 0 (automatic): one thread per run for bulk work, which gives the
  /// most texts per second; a batch that is the only work in the service, such as a lonely query,
  /// uses all cores (at most 4) after the first few such batches. Another number applies to every
  /// run. Vectors are the same to the last bit.
  int intra_op_threads = 0;

  /// Large weights stay in the model's file, which is mapped: it opens in a fraction of the time,
  /// and processes that use it share its memory. A program that writes into the file while a
  /// service has it open spends that service: calls are DATA_LOSS from then on, and nothing wrong
  /// is given out or cached; a file that is cut in the middle of a run is SIGBUS. Replacing it (as
  /// `vetor export` and `pull` do, or `mv`) changes nothing for a service that is open. Off: copied
  /// into memory, for files that others overwrite in place, and for network disks.
  bool map_weights = true;
};

/// Where computed vectors are kept.
struct CacheConfig {
  bool enabled = true;
  /// Folder of the disk tier, made for this user alone (0700) if it is missing; compiled tokenizers
  /// lie in it too. Unset: the user's, $XDG_CACHE_HOME/vetor, else $HOME/.cache/vetor; if that
  /// belongs to another user, or there is none, vectors stay in memory and one line in the log says
  /// so. A folder that is named is used, whoever owns it. Empty: nothing on disk. A config.json
  /// without `cache.dir` means "cache/embeddings" in the working directory, as it always did; null
  /// there is the user's folder.
  std::optional<std::string> dir;
  double ttl_days = 7;     ///< Age in days at which a disk entry is a miss. 0: never from disk.
  int64_t max_mb = 1024;   ///< Bound of the disk tier in MiB; least recently used leave first.
  int64_t memory_mb = 64;  ///< Bound of the memory tier in MiB. 0: no memory tier.
  std::string name_space;  ///< `ai.cache.namespace`: separates users that share a folder.

  /// Whether these settings ask for a disk tier: in `dir`, or in the user's folder if `dir` is
  /// unset. A service whose folder turns out to be unusable keeps vectors in memory all the same.
  bool wants_disk() const { return enabled && ttl_days > 0 && (!dir || !dir->empty()); }
};

/// All settings. A default-constructed value is valid: hashing, 256 dimensions, cached.
struct EmbeddingsConfig {
  /// The model at `path` (as ModelConfig::path) and nothing else: if it cannot start, Open fails.
  static EmbeddingsConfig ForModel(std::string path);

  /// False: Open refuses with FAILED_PRECONDITION, so a caller can switch embeddings off.
  bool enabled = true;

  /// Unset: hashing, with a warning from Open if there is a model path.
  std::optional<BackendKind> backend;

  /// What Open does if the model cannot start.
  Fallback fallback = Fallback::kHashing;

  ModelConfig model;
  OnnxConfig onnx;

  /// Components of a vector. Unset: the model's own (hashing: 256). Smaller than the model's cuts
  /// and renormalises (Matryoshka); larger is an error.
  std::optional<int> dim;

  /// Scale each vector to length 1, so that a dot product is the cosine; false gives the raw pooled
  /// vector. Unset: true, but false for a model whose files say that it compares by dot product (or
  /// a distance) and that have no Normalize: there the length is part of the meaning, and
  /// sentence-transformers keeps it (docs/models.md, "Length").
  std::optional<bool> normalize;

  /// Most texts in one batch. A model's are also bounded at 512 tokens, beyond which batching gains
  /// nothing (notes in docs/performance.md); hashing's are not.
  int batch_size = 32;

  /// Worker threads. 0: the physical cores that this process may use (affinity, cpuset, quota).
  int threads = 0;

  CacheConfig cache;
};

inline EmbeddingsConfig EmbeddingsConfig::ForModel(std::string path) {
  EmbeddingsConfig config;
  config.backend = BackendKind::kOnnx;
  config.fallback = Fallback::kError;
  config.model.path = std::move(path);
  config.onnx.enabled = true;
  return config;
}

}  // namespace vetor
